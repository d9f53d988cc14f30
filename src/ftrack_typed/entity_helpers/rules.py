"""Which entity types get which helpers: the one place that says so, for generated code and at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from ftrack_typed.entity_helpers.accounts import AccountHelpers
from ftrack_typed.entity_helpers.assignments import AssignmentHelpers
from ftrack_typed.entity_helpers.base import Helpers
from ftrack_typed.entity_helpers.links import LinkHelpers
from ftrack_typed.entity_helpers.lists import ListHelpers
from ftrack_typed.entity_helpers.notes import NoteHelpers, ReplyHelpers
from ftrack_typed.entity_helpers.reviews import InviteeHelpers, ReviewHelpers
from ftrack_typed.entity_helpers.timers import TimerHelpers
from ftrack_typed.entity_helpers.workflows import WorkflowHelpers


class TypeFacts(NamedTuple):
    """What rules may ask of an entity type."""

    name: str
    """Wire id."""
    lineage: tuple[str, ...]
    """Wire ids of the type itself and those above it."""
    relations: Mapping[str, str]
    """Wire name of each relation → wire id of what it leads to; also inherited ones."""
    names: frozenset[str]
    """Python names of all attributes of the type and those below it."""


class Applied(NamedTuple):
    """Helpers an entity type gets."""

    helpers: type[Helpers]
    arguments: tuple[str, ...] = ()
    """Wire ids of the entity types its type parameters stand for."""


Rule = Callable[[TypeFacts], "Applied | None"]
"""Tells the helpers that apply to an entity type, None when they don't."""


def _notes(facts: TypeFacts) -> Applied | None:
    if facts.relations.get("notes") != "Note":
        return None
    return Applied(NoteHelpers, ("Note", "BaseUser", "Resource", "NoteLabel"))


def _replies(facts: TypeFacts) -> Applied | None:
    if facts.relations.get("replies") != facts.name or "in_reply_to" not in facts.relations:
        return None
    return Applied(ReplyHelpers, (facts.name, "BaseUser"))


def _timers(facts: TypeFacts) -> Applied | None:
    return Applied(TimerHelpers, ("Timer", "Timelog", "Context")) if facts.name == "User" else None


def _accounts(facts: TypeFacts) -> Applied | None:
    return Applied(AccountHelpers) if facts.name == "User" else None


def _workflows(facts: TypeFacts) -> Applied | None:
    return Applied(WorkflowHelpers, ("Status", "Type")) if facts.name == "ProjectSchema" else None


def _assignments(facts: TypeFacts) -> Applied | None:
    if "Context" not in facts.lineage or facts.relations.get("assignments") != "Appointment":
        return None
    return Applied(AssignmentHelpers, ("Appointment", "Resource"))


def _links(facts: TypeFacts) -> Applied | None:
    link = facts.relations.get("outgoing_links")
    if link is None or link != facts.relations.get("incoming_links"):
        return None
    return Applied(LinkHelpers, (link, facts.name))


def _lists(facts: TypeFacts) -> Applied | None:
    item = facts.relations.get("items")
    return Applied(ListHelpers, (item,)) if item is not None and "List" in facts.lineage else None


def _reviews(facts: TypeFacts) -> Applied | None:
    types = ("ReviewSessionObject", "ReviewSessionInvitee", "AssetVersion")
    return Applied(ReviewHelpers, types) if facts.name == "ReviewSession" else None


def _invitees(facts: TypeFacts) -> Applied | None:
    return Applied(InviteeHelpers) if facts.name == "ReviewSessionInvitee" else None


RULES: Final[tuple[Rule, ...]] = (
    _notes,
    _replies,
    _timers,
    _accounts,
    _workflows,
    _assignments,
    _links,
    _lists,
    _reviews,
    _invitees,
)


class Choice(NamedTuple):
    """The helpers of an entity type."""

    applied: tuple[Applied, ...]
    """What the class lists among its bases."""
    met: tuple[tuple[type[Helpers], str], ...]
    """Helpers left out, each with the attribute that has the name of one of its methods."""


def bases_of(
    facts: TypeFacts, inherited: Iterable[type[Helpers]] = (), rules: Iterable[Rule] = RULES
) -> Choice:
    """The helpers that an entity class lists among its bases.

    An attribute of the server wins over a method of the same name: such helpers are left out as a whole, also when
    the attribute is that of a type below.

    Args:
        facts: The entity type.
        inherited: Helpers that come with the entity class above.
        rules: What applies to which type.
    """
    known = set(inherited)
    applied: list[Applied] = []
    met: list[tuple[type[Helpers], str]] = []
    for rule in rules:
        found = rule(facts)
        if found is None or found.helpers in known:
            continue
        shared = found.helpers.__helpers__ & facts.names
        if shared:
            met.append((found.helpers, min(shared)))
        else:
            applied.append(found)
    return Choice(tuple(applied), tuple(met))
