"""Which entity type is a kind of which other.

wire: newer servers mark the parent with ``$mixin``, subtypes that share a table with an ``alias_for``
object; older servers tell nothing more, and the tree of the standard types is built in. A parent's
properties are repeated in its children, so the tree is all that is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from ftrack_typed.errors import SchemaError


def _tree(**children: str) -> dict[str, str]:
    return {child: parent for parent, names in children.items() for child in names.split()}


_LINKED = "Context AssetVersion List User Group Asset Component"

STANDARD_PARENTS: Mapping[str, str] = MappingProxyType(
    {
        **_tree(
            Context="Project TypedContext",
            TypedContext="AssetBuild Episode Folder Image Information Milestone Scene Sequence Shot Task",
            Resource="BaseUser Group",
            BaseUser="Collaborator User",
            Component="ContainerComponent FileComponent",
            ContainerComponent="SequenceComponent",
            List="AssetVersionList TypedContextList",
            StatusChange="AssetVersionStatusChange TypedContextStatusChange",
            StatusRuleGroup="AssetVersionStatusRuleGroup TypedContextStatusRuleGroup",
            NoteComponent="NoteAnnotationComponent",
            NoteLabel="NoteCategory",
            CustomConfigurationBase="CustomAttributeConfiguration CustomAttributeLinkConfiguration",
        ),
        **{f"{linked}CustomAttributeLink": "CustomAttributeLink" for linked in _LINKED.split()},
        **{f"{linked}CustomAttributeLinkFrom": "CustomAttributeLinkFrom" for linked in _LINKED.split()},
    }
)
"""Child to parent for the standard entity types; used where the schema itself does not tell."""


def parent_of(
    name: str,
    mixin: str | None,
    shared_table: str | None,
    tables: Mapping[str, str],
    names: Collection[str],
) -> str | None:
    """Return the entity type that *name* is a kind of, or None for a root.

    Args:
        name: The entity type asked about.
        mixin: Its ``$mixin`` reference.
        shared_table: The ``id`` of its ``alias_for`` object, which is a table's name.
        tables: Table name to the entity type that stands for the whole table.
        names: All entity types of the schema; a parent that is not among them is passed over.
    """
    if mixin in names and mixin != name:
        return mixin
    if shared_table is not None:
        owner = tables.get(shared_table, shared_table)
        if owner in names and owner != name:
            return owner
    ancestor = STANDARD_PARENTS.get(name)
    while ancestor is not None and ancestor not in names:
        ancestor = STANDARD_PARENTS.get(ancestor)
    return ancestor


def check_acyclic(parents: Mapping[str, str | None]) -> None:
    """Raise `SchemaError` if following *parents* from some entity type leads back to it."""
    settled: set[str] = set()
    for start in parents:
        trail: list[str] = []
        name: str | None = start
        while name is not None and name not in settled:
            if name in trail:
                circle = " → ".join([*trail[trail.index(name) :], name])
                raise SchemaError(
                    f"Entity types inherit from each other in a circle: {circle}.", entity_type=name
                )
            trail.append(name)
            name = parents[name]
        settled.update(trail)
