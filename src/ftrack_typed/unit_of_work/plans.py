"""What writing entities of one class takes, worked out once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ftrack_typed.entity.base import _restore, _set_loaded
from ftrack_typed.entity.info import UID
from ftrack_typed.entity.validation import new_identifier
from ftrack_typed.identity.pairs import pair_of
from ftrack_typed.identity.straight import OFTEN, define

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.identity.map import Known


_FITTING: Mapping[str, type] = {"str": str, "int": int, "bool": bool}
"""Types of values that need no validation."""


Fitting: TypeAlias = dict[type, "str | None"]
"""Types of values that fit an attribute; those of entities with the name of their key, if that is one attribute."""


Made: TypeAlias = "tuple[Entity, dict[str, Any], dict[str, Any]]"
"""A new entity that is not recorded yet; its key as far as it is known, and what the create operation sends, both by
wire name."""


@dataclass(slots=True)
class CreationPlan:
    """How entities of one class are made that are given values of certain attributes; names are Python's."""

    cls: type[Entity]
    attributes: tuple[Attribute, ...]
    """What they are given, in that order."""
    fitting: tuple[Fitting, ...]
    """Types of values that are known to fit each of them; those of references grow with what is found to."""
    defaults: tuple[tuple[str, Any], ...]
    """Attributes that get a default, and that."""
    foreign_keys: tuple[tuple[str, str, bool], ...]
    """Relations, the attributes that hold their keys, and whether these are given as well."""
    sent: tuple[tuple[str, str], ...]
    """What the create operation sends, by wire name, and the attribute whose value that is."""
    sent_once_known: tuple[tuple[str, str], ...]
    """The same for parts of the key that are known when the related entity has a key."""
    later: tuple[Attribute, ...]
    """Collections and mappings, which are sent by operations of their own."""
    known: Known
    """The entities of the class's type tree."""
    uses: int = 0
    """How many entities were made by it, about: threads count at the same time."""
    settled: bool = False
    """Whether it was decided if there is to be a quicker way."""
    straight: Callable[[Mapping[str, Any]], Made] | None = None
    """Makes an entity quickly, once there were many of them."""

    def used(self, check: Callable[[Attribute, Fitting, Entity, Any], Any], session: object) -> None:
        """Count an entity, and write the code for those that follow if there are many.

        Args:
            check: Validates a value of an attribute whose fitting types are given, for an entity.
            session: The session that related entities must be of.
        """
        self.uses += 1
        if self.settled or self.uses < OFTEN:
            return
        self.settled = True
        if not self._is_plain:
            return
        names: dict[str, Any] = {
            "cls": self.cls,
            "new": object.__new__,
            "new_identifier": new_identifier,
            "restore": _restore,
            "session": session,
            "set_loaded": _set_loaded,
        }
        for number, (found, fitting) in enumerate(zip(self.attributes, self.fitting, strict=True)):
            names[f"check_{number}"] = partial(check, found, fitting)
            names[f"fitting_{number}"] = fitting
        names.update((f"default_{number}", default) for number, (_, default) in enumerate(self.defaults))
        self.straight = define("values", self._code(), names, f"new {self.cls.__name__}")

    @property
    def _is_plain(self) -> bool:
        """Whether nothing has to be compared, kept for later, or may be missing."""
        given = {found.name for found in self.attributes}
        keys = [name for _, name in self.cls.__entity__.key_names]
        return (
            bool(given)
            and not (self.later or self.sent_once_known)
            and all(relation in given and not both for relation, _, both in self.foreign_keys)
            and (len(keys) == 1 or (given | dict(self.defaults).keys()).issuperset(keys))
        )

    def _code(self) -> list[str]:
        values = {found.name: f"v{number}" for number, found in enumerate(self.attributes)}
        lines = [f"{', '.join(values.values())}, = values.values()"]
        for number, (found, fitting) in enumerate(zip(self.attributes, self.fitting, strict=True)):
            lines += _checking(f"v{number}", number, found, fitting)
        for number, (name, default) in enumerate(self.defaults):
            values[name] = f"d{number}"
            lines.append(f"d{number} = {'new_identifier()' if default is UID else f'default_{number}'}")
        present = dict(values)
        for number, (relation, foreign_key, _) in enumerate(self.foreign_keys):
            related = values[relation]
            held = f"{related}.__dict__.get(fitting_{related[1:]}[type({related})])"
            lines.append(f"k{number} = None if {related} is None else {held}")
            present[foreign_key] = f"k{number}"
        lines += ["entity = new(cls)", f"set_loaded(entity, {_literal(present)})"]
        for number, (relation, foreign_key, _) in enumerate(self.foreign_keys):
            unknown = f"k{number} is None and {values[relation]} is not None"
            lines.append(f"if {unknown}: del entity.__dict__[{foreign_key!r}]")
        key = {wire: values[name] for wire, name in self.cls.__entity__.key_names if name in values}
        data = {wire: values[name] for wire, name in self.sent}
        return [*lines, f"return entity, {_literal(key)}, {_literal(data)}"]


def _checking(value: str, number: int, attribute: Attribute, fitting: Fitting) -> list[str]:
    """Code that validates a value unless its type tells that it fits."""
    check = f"{value} = check_{number}(restore(cls, {{}}), {value})"
    if attribute.kind == "reference":
        own = f"(arrival := {value}._arrival) is not None and arrival.session is session"
        return [
            f"if {value} is None or type({value}) not in fitting_{number} or not ({own}):",
            f"    {check}",
        ]
    conditions = [
        f"{value} is not None" if each is type(None) else f"type({value}) is not {each.__name__}"
        for each in fitting
    ]
    return [f"if {' and '.join(conditions) or 'True'}: {check}"]


def _literal(values: Mapping[str, str]) -> str:
    """Code of a dict, of what is the code of each value."""
    return f"{{{', '.join(f'{name!r}: {value}' for name, value in values.items())}}}"


def creation_plan(cls: type[Entity], given: Sequence[Attribute], known: Known) -> CreationPlan:
    """Work out a plan.

    Args:
        cls: The entity class.
        given: What its entities are given, also beyond what the class declares.
        known: The entities of its type tree.
    """
    info = cls.__entity__
    names = {found.name for found in given}
    defaults: dict[str, Any] = {}
    for wire, default in info.defaults.items():
        name = info.python_names.get(wire, wire)
        instead = wire.removesuffix("_id")
        if default is not None and not (names | defaults.keys()) & {name, instead}:
            defaults[name] = default
    present = {found.name: found for found in given}
    present.update((name, cls.__attributes__[name]) for name in defaults)
    pairs = {name: pair_of(cls, found) for name, found in present.items() if found.kind == "reference"}
    foreign_keys = [
        (pair.relation, pair.foreign_key, pair.foreign_key in names)
        for pair in pairs.values()
        if pair is not None
    ]
    repeated = {foreign_key for _, foreign_key, _ in foreign_keys}
    later = [found for found in given if found.kind in ("collection", "mapped")]
    return CreationPlan(
        cls=cls,
        attributes=tuple(given),
        fitting=tuple(_fitting(found) for found in given),
        defaults=tuple(defaults.items()),
        foreign_keys=tuple(foreign_keys),
        sent=tuple(
            (found.wire, name)
            for name, found in present.items()
            if found not in later and name not in repeated
        ),
        sent_once_known=tuple((wire, name) for wire, name in info.key_names if name in repeated),
        later=tuple(later),
        known=known,
    )


def _fitting(attribute: Attribute) -> Fitting:
    if attribute.computed or attribute.kind not in ("scalar", "reference"):
        return {}
    fitting: Fitting = {} if attribute.required else {type(None): None}
    if attribute.kind == "scalar" and attribute.target in _FITTING and not attribute.enum:
        fitting[_FITTING[attribute.target]] = None
    return fitting


class Written(NamedTuple):
    """What an update of an attribute concerns, by Python name."""

    names: tuple[str, ...]
    """The attribute, and the other half of its pair; nothing where the attribute is not known."""
    untrue: tuple[str, ...]
    """What the server works out from others, and so becomes untrue."""
    fitting: type | None
    """Type of plain values that need no validation, if there is one."""


def written(cls: type[Entity], attribute: Attribute | None) -> Written:
    """Work out what an update of an attribute concerns."""
    info = cls.__entity__
    names = () if attribute is None else (attribute.name, *(pair_of(cls, attribute) or ()))
    untrue = (info.python_names.get(wire, wire) for wire in (*info.computed, "link", "_link"))
    types = set() if attribute is None else _fitting(attribute).keys() - {type(None)}
    return Written(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(untrue)), next(iter(types), None))
