"""Reads the authored schema files and checks that they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ftrack_local.catalogue.definitions import (
    AttributeDefinition,
    Catalogue,
    CatalogueError,
    Kind,
    TypeDefinition,
)
from ftrack_local.catalogue.language import parse_attribute

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPE_KEYS = frozenset(field.name for field in fields(TypeDefinition)) - {
    "name",
    "source",
    "variant_of",
    "variant_by",
}
_NAME_LISTS = ("key", "required", "immutable", "projected", "system")


def schema_directory() -> Path:
    """Where the authored files are: inside the installed package, else beside ``src`` in a checkout.

    Raises:
        CatalogueError: Neither place has them.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "schemas", package.parent.parent / "schemas"):
        if (candidate / "projects.yaml").is_file():
            return candidate
    raise CatalogueError(f"the stock schema files are not installed beside {package}; reinstall ftrack-typed")


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The stock catalogue, read once per process."""
    return read_catalogue(schema_directory())


def read_catalogue(directory: Path) -> Catalogue:
    """Read every ``*.yaml`` file of a directory into one catalogue.

    Raises:
        CatalogueError: With file, entity type and attribute of the first thing that is wrong.
    """
    types: dict[str, TypeDefinition] = {}
    for path in sorted(directory.glob("*.yaml")):
        for name, body in _read_file(path).items():
            where = f"{path.name}: {name}"
            if name in types:
                raise CatalogueError(f"{where}: also defined in {types[name].source}; keep one of them")
            types[name] = _read_type(name, body, path.name, where)
    catalogue = Catalogue(types)
    _check(catalogue)
    return catalogue


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise CatalogueError(f"{path.name}: must be a mapping of entity type names")
    return content


def _read_type(name: str, body: Any, source: str, where: str) -> TypeDefinition:
    if not isinstance(body, dict):
        raise CatalogueError(f"{where}: must be a mapping with at least 'doc' and 'attributes'")
    for key in body:
        if key not in _TYPE_KEYS:
            near = get_close_matches(str(key), _TYPE_KEYS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(_TYPE_KEYS))}"
            raise CatalogueError(f"{where}: unknown key {key!r}{hint}")
    facts = dict(body)
    for key in _NAME_LISTS:
        if key in facts:
            facts[key] = tuple(facts[key].split())
    alias = facts.get("alias")
    if isinstance(alias, dict):
        facts["alias"] = None
        facts["variant_of"] = alias.get("id")
        facts["variant_by"] = alias.get("by")
    facts["unique"] = tuple(tuple(group.split()) for group in facts.get("unique", ()))
    attributes: dict[str, AttributeDefinition] = {}
    for attribute, line in (facts.pop("attributes", None) or {}).items():
        try:
            attributes[attribute] = parse_attribute(attribute, str(line))
        except CatalogueError as error:
            raise CatalogueError(f"{where}.{attribute}: {error}") from None
    return TypeDefinition(name=name, source=source, attributes=attributes, **facts)


def _check(catalogue: Catalogue) -> None:
    for definition in catalogue.types.values():
        where = f"{definition.source}: {definition.name}"
        seen = {definition.name}
        base = definition.base
        while base is not None:
            _require_type(catalogue, base, f"{where}: base")
            if base in seen:
                raise CatalogueError(f"{where}: its bases run in a circle through {base!r}")
            seen.add(base)
            base = catalogue.types[base].base
        if definition.shares is not None:
            _require_type(catalogue, definition.shares, f"{where}: shares")
    public = {name: _public_names(catalogue, name) for name in catalogue.types}
    for definition in catalogue.types.values():
        for attribute in definition.attributes.values():
            _check_attribute(
                catalogue,
                public,
                definition,
                attribute,
                f"{definition.source}: {definition.name}.{attribute.name}",
            )


def _public_names(catalogue: Catalogue, name: str) -> frozenset[str]:
    names: set[str] = set()
    for attribute in catalogue.attributes(name).values():
        names.add(attribute.name)
        if attribute.key_name is not None:
            names.add(attribute.key_name)
    return frozenset(names)


def _check_attribute(
    catalogue: Catalogue,
    public: Mapping[str, frozenset[str]],
    definition: TypeDefinition,
    attribute: AttributeDefinition,
    where: str,
) -> None:
    own = public[definition.name]
    if attribute.kind is Kind.TWIN:
        _require_name(str(attribute.target), own, where)
        return
    if attribute.by is not None:
        _require_name(attribute.by, own, where)
    for owner in attribute.owners:
        _require_type(catalogue, owner, where)
    if attribute.target is None or (attribute.kind is Kind.KEY and "unrelated" in attribute.flags):
        return
    _require_type(catalogue, attribute.target, where)
    if attribute.kind not in (Kind.MANY, Kind.MAP):
        return
    if attribute.walk_column is not None:
        _require_name(attribute.walk_column, public[attribute.target], where)
    elif attribute.via is not None:
        _require_type(catalogue, attribute.via.table, where)
        for column in (attribute.via.near, attribute.via.far):
            _require_name(column, public[attribute.via.table], where)
    elif attribute.target_attribute is not None:
        _require_name(attribute.target_attribute, public[attribute.target], where)
    elif attribute.join is None and "unrelated" not in attribute.flags:
        raise CatalogueError(f"{where}: needs a route: Type.attribute, via=, join=, up=, down= or unrelated")


def _require_type(catalogue: Catalogue, name: str, where: str) -> None:
    if name not in catalogue.types:
        near = get_close_matches(name, catalogue.types, n=1)
        raise CatalogueError(
            f"{where}: unknown entity type {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )


def _require_name(name: str, known: frozenset[str], where: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise CatalogueError(
            f"{where}: unknown attribute {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )
