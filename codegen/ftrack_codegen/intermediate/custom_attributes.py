"""Which custom attributes an entity type has, and of which types they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ftrack_codegen.errors import InputError
from ftrack_codegen.studio import Configuration, Studio
from ftrack_typed.entity.names import class_name, custom_attribute_name, module_name
from ftrack_typed.schema import Kind as SchemaKind
from ftrack_typed.schema import Schema

ATTRIBUTE = "custom_attributes"

_HIERARCHICAL = ("Context", "Asset", "AssetVersion")
"""Who has hierarchical attributes: the whole project tree, and what is published in it."""

_OWNERS: Mapping[str, str] = {
    "show": "Project",
    "assetversion": "AssetVersion",
    "asset": "Asset",
    "user": "User",
    "list": "List",
    "listobject": "ListObject",
}
"""wire: `entity_type` of a configuration → entity type; ``task`` goes by its object type."""

_PLAIN: Mapping[str, str] = {
    "text": "str",
    "url": "str",
    "expression": "str",
    "boolean": "bool",
    "date": "datetime",
}
_LISTS = frozenset({"enumerator", "dynamic enumerator"})
_TEXTS = frozenset({"text", "url", "expression"})


@dataclass(frozen=True)
class CustomAttribute:
    """What one key holds on one entity type, whichever configurations define it there."""

    key: str
    name: str | None
    """Spelling in Python; None when it is reached as an item only."""
    kinds: tuple[str, ...]
    """Names of its types; mostly one, but projects may have their own configuration for a key."""
    scalars: tuple[str, ...]
    """Texts of plain types: ``int``, ``str`` …; ``Any`` when a type is unknown."""
    is_list: bool
    """Whether it may hold a list of options."""
    options: tuple[str, ...]
    """Options of its lists, when all are known."""
    nullable: bool
    ids: tuple[str, ...]
    hierarchical: bool
    projects: tuple[str, ...]
    """Ids of the projects that alone have it; empty when all have."""
    doc: str

    @property
    def face(self) -> tuple[object, ...]:
        """Everything that decides how a type checker sees it."""
        return (self.name, self.scalars, self.is_list, self.options, self.nullable, self.ids, self.doc)


@dataclass(frozen=True)
class CustomAttributeClass:
    """The custom attributes of one entity type: a class in a module of its own."""

    owner: str
    """Wire id of the entity type."""
    class_name: str
    module: str
    base: str | None
    """Wire id of the entity type whose class it derives from."""
    is_open: bool
    """Whether entities seen as this type may have further attributes, which their own types know."""
    attributes: Mapping[str, CustomAttribute] = field(default_factory=dict)
    """All by key, inherited ones too, sorted."""
    declared: tuple[str, ...] = ()
    """Keys the base doesn't have, or has otherwise."""


def build_custom_attributes(
    schema: Schema, studio: Studio, spellings: Mapping[str, str], taken: set[str]
) -> tuple[dict[str, CustomAttributeClass], tuple[str, ...]]:
    """Decide which classes of custom attributes there are.

    Args:
        schema: The server's schema.
        studio: Its configuration.
        spellings: Key → Python spelling, where the user wants another than the usual one.
        taken: Modules that exist already; those made here are added.

    Returns:
        The classes by the wire id of their entity type, and the keys of attributes that apply to no type of
        the schema, as `key (id)`.

    Raises:
        InputError: when spellings ask for what can't be.
    """
    applying: dict[str, list[Configuration]] = {}
    homeless: list[str] = []
    for configuration in studio.configurations:
        owners = [owner for owner in _owners(configuration, schema) if _has_custom_attributes(owner, schema)]
        for owner in owners:
            applying.setdefault(owner, []).append(configuration)
        if not owners:
            homeless.append(f"{configuration.key} ({configuration.id})")
    _require_spellings(spellings, studio)
    classes: dict[str, CustomAttributeClass] = {}
    bases: dict[str, str | None] = {}
    for owner in sorted(schema.types, key=lambda name: (len(schema.lineage(name)), name)):
        above = schema[owner].base
        base = bases.get(above) if above is not None else None
        bases[owner] = base
        if owner not in applying:
            continue
        made = _class(
            owner, schema, applying[owner], classes[base] if base else None, spellings, studio, taken
        )
        if made.declared:
            classes[owner] = made
            bases[owner] = owner
    return classes, tuple(sorted(homeless))


def _owners(configuration: Configuration, schema: Schema) -> Iterable[str]:
    if configuration.hierarchical:
        return [name for name in _HIERARCHICAL if name in schema]
    if configuration.entity_type != "task":
        owner = _OWNERS.get(configuration.entity_type)
        return [owner] if owner is not None and owner in schema else []
    if configuration.object_type_id is None:
        return ["TypedContext"] if "TypedContext" in schema else []
    # By id, never by name: the object type "Asset Build" is the entity type AssetBuild.
    return [
        entity.name
        for entity in schema.types.values()
        if configuration.object_type_id in entity.classifiers.values()
    ]


def _has_custom_attributes(owner: str, schema: Schema) -> bool:
    found = schema[owner].properties.get(ATTRIBUTE)
    return found is not None and found.kind is SchemaKind.MAPPED and found.related in schema.types


def _require_spellings(spellings: Mapping[str, str], studio: Studio) -> None:
    for key, name in spellings.items():
        if custom_attribute_name(name) != name:
            raise InputError(
                f"The custom attribute {key!r} can't be spelled {name!r}: that is no free name in Python."
            )
        if any(one.key == name != key for one in studio.configurations):
            raise InputError(
                f"The custom attribute {key!r} can't be spelled {name!r}: there is another of that key."
            )


def _class(
    owner: str,
    schema: Schema,
    configurations: Iterable[Configuration],
    base: CustomAttributeClass | None,
    spellings: Mapping[str, str],
    studio: Studio,
    taken: set[str],
) -> CustomAttributeClass:
    by_key: dict[str, list[Configuration]] = {}
    for configuration in configurations:
        by_key.setdefault(configuration.key, []).append(configuration)
    inherited = dict(base.attributes) if base else {}
    # What is inherited keeps its spelling: the base promised it.
    names = {attribute.name: key for key, attribute in inherited.items() if attribute.name}
    for key, name in _spelled([key for key in by_key if key not in inherited], spellings).items():
        names.setdefault(name, key)
    name_of = {key: name for name, key in names.items()}
    attributes = inherited | {
        key: _attribute(key, name_of.get(key), found, studio) for key, found in by_key.items()
    }
    attributes = {key: attributes[key] for key in sorted(attributes)}
    declared = tuple(
        key
        for key, attribute in attributes.items()
        if key not in inherited or inherited[key].face != attribute.face
    )
    return CustomAttributeClass(
        owner=owner,
        class_name=_class_name(owner, schema),
        module=_module(owner, taken) if declared else "",
        base=base.owner if base else None,
        is_open=any(owner in schema.lineage(other)[1:] for other in schema.types),
        attributes=attributes,
        declared=declared,
    )


def _spelled(keys: Iterable[str], spellings: Mapping[str, str]) -> Mapping[str, str]:
    """Key → name for those that have one; keys that meet in a name have none, but for the name's own."""
    wanted: dict[str, list[str]] = {}
    for key in keys:
        name = spellings.get(key) or custom_attribute_name(key)
        if name is not None:
            wanted.setdefault(name, []).append(key)
    return {
        (name if name in found else found[0]): name
        for name, found in sorted(wanted.items())
        if len(found) == 1 or name in found
    }


def _attribute(
    key: str, name: str | None, configurations: list[Configuration], studio: Studio
) -> CustomAttribute:
    ordered = sorted(configurations, key=lambda one: (one.project_id or "", one.id))
    lists = [one for one in ordered if one.kind in _LISTS]
    options_known = all(one.options for one in lists)
    everywhere = any(one.project_id is None for one in ordered)
    projects = () if everywhere else tuple(sorted({str(one.project_id) for one in ordered}))
    return CustomAttribute(
        key=key,
        name=name,
        kinds=tuple(sorted({one.kind for one in ordered})),
        scalars=tuple(sorted({_scalar(one) for one in ordered if one.kind not in _LISTS})),
        is_list=bool(lists),
        options=tuple(dict.fromkeys(o for one in lists for o in one.options)) if options_known else (),
        nullable=any(_may_be_null(one) for one in ordered),
        ids=tuple(one.id for one in ordered),
        hierarchical=any(one.hierarchical for one in ordered),
        projects=projects,
        doc=_doc(key, name, ordered, projects, studio),
    )


def _scalar(configuration: Configuration) -> str:
    if configuration.kind == "number":
        return "int" if configuration.is_decimal is False else "float"
    return _PLAIN.get(configuration.kind, "Any")


def _may_be_null(configuration: Configuration) -> bool:
    """Whether an entity without a value of its own reads as null.

    A default that makes no sense for the type doesn't count as one: older servers keep an empty text there.
    """
    if configuration.kind in _LISTS:
        return False
    if configuration.default is None:
        return True
    return configuration.default == "" and configuration.kind not in _TEXTS


def _doc(
    key: str, name: str | None, ordered: list[Configuration], projects: tuple[str, ...], studio: Studio
) -> str:
    first = ordered[0]
    parts = [f"{first.label or key}."]
    if name != key:
        parts.append(f"Key `{key}`.")
    if any(one.hierarchical for one in ordered):
        parts.append("Inherited down the tree where not set.")
    if any(one.kind == "expression" for one in ordered):
        parts.append("The text of the expression, not its value.")
    default = first.default
    if isinstance(default, (str, bool, int, float)) and default != "":
        parts.append(f"Default: {default}.")
    if projects:
        named = sorted(studio.projects[one][0] if one in studio.projects else one for one in projects)
        parts.append(f"Only in the {'project' if len(named) == 1 else 'projects'} {', '.join(named)}.")
    return " ".join(parts)


def _class_name(owner: str, schema: Schema) -> str:
    name = f"{class_name(owner).rstrip('_')}CustomAttributes"
    taken = {class_name(other) for other in schema.types}
    while name in taken:
        name += "_"
    return name


def _module(owner: str, taken: set[str]) -> str:
    module = first = f"{module_name(owner)}_custom_attributes"
    number = 1
    while module in taken:
        number += 1
        module = f"{first}__{number}"
    taken.add(module)
    return module
