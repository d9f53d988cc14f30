"""Computed attributes made for results: in batches, each in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.compile.sources import Source
from ftrack_local.files.signing import Addresses
from ftrack_local.model import ScalarAttribute

from .records import COMPUTED_PREFIX, Record

_CHUNK = 900


class KnownContext(NamedTuple):
    """What computations want to know of a context."""

    name: str
    kind: str
    """Type shown in links."""
    parent_id: str | None
    thumbnail_id: str | None


@dataclass(slots=True)
class ComputationContext:
    """What computations may use: the database, the addresses of files, and what they found before."""

    compiler: Compiler
    connection: Connection
    addresses: Addresses
    contexts: dict[str, KnownContext] = field(default_factory=dict)
    """Contexts met in this operation, by key."""


@dataclass(frozen=True, slots=True)
class Computation:
    """Makes one computed attribute for many records at once."""

    needs: tuple[str, ...]
    """Attributes of the same entity the computation reads."""
    run: Callable[[ComputationContext, str, Sequence[Record]], None]
    """Stores the value of each record under the given name."""


def value_of(record: Record, name: str) -> Any:
    """Return a record's stored or calculated value of an attribute, None when it has none."""
    attribute = record.entity.attributes.get(name)
    if not isinstance(attribute, ScalarAttribute):
        return None
    return record.values.get(attribute.column or f"{COMPUTED_PREFIX}{attribute.computed}")


def _links(context: ComputationContext, name: str, records: Sequence[Record]) -> None:
    """`link`: the way from the project down to the entity (wire: link)."""
    starts = {id(record): _link_start(context, record) for record in records}
    assets = _assets(context, {start for kind, start in starts.values() if kind == "Asset" and start})
    chains = {"Context": {start for kind, start in starts.values() if kind == "Context" and start}}
    chains["Context"].update(parent for _, parent in assets.values() if parent)
    _learn_contexts(context, chains["Context"])
    for record in records:
        kind, start = starts[id(record)]
        link: list[dict[str, Any]] = []
        if kind == "Asset" and start in assets:
            asset_name, parent = assets[start]
            link = [*_chain(context, parent), {"id": start, "name": asset_name, "type": "Asset"}]
        elif kind == "Context":
            link = _chain(context, start)
        if not (record.entity.root == "Context" and link):
            link.append({"id": record.key[0], "name": _link_name(record), "type": record.entity.name})
        record.values[name] = link


_LINK_PARENTS = (("Asset", "asset_id"), ("Context", "context_id"), ("Context", "project_id"))


def _link_start(context: ComputationContext, record: Record) -> tuple[str, str | None]:
    if record.entity.root == "Context":
        return "Context", record.key[0]
    for kind, attribute in _LINK_PARENTS:
        value = value_of(record, attribute)
        if value is not None:
            return kind, value
    return "", None


def _link_name(record: Record) -> str:
    version = value_of(record, "version")
    if isinstance(version, int):
        return f"v{version:03d}"
    for attribute in ("name", "username", "content"):
        value = value_of(record, attribute)
        if value:
            return str(value)
    return ""


def _learn_contexts(context: ComputationContext, wanted: Iterable[str]) -> None:
    """Load contexts and their ancestors, one statement per level of the hierarchy."""
    types = context.compiler.model.types
    missing = {key for key in wanted if key not in context.contexts}
    while missing:
        parents: set[str] = set()
        for chunk in _chunks(sorted(missing)):
            source = context.compiler.source(types["Context"])
            statement = select(
                source.key()[0],
                _type_of(source),
                source.optional("name"),
                source.optional("parent_id"),
                source.optional("thumbnail_id"),
            ).where(source.key()[0].in_(chunk))
            for key, concrete, name, parent, thumbnail in context.connection.execute(statement):
                kind = "Project" if concrete == "Project" else "TypedContext"
                context.contexts[key] = KnownContext(name or "", kind, parent, thumbnail)
                if parent is not None:
                    parents.add(parent)
        missing = {key for key in parents if key not in context.contexts} - missing


def _type_of(source: Source) -> Any:
    concrete = source.concrete_type
    return source.key()[0] if concrete is None else concrete


def _chain(context: ComputationContext, key: str | None) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    seen: set[str] = set()
    while key is not None and key in context.contexts and key not in seen:
        seen.add(key)
        known = context.contexts[key]
        chain.append({"id": key, "name": known.name, "type": known.kind})
        key = known.parent_id
    chain.reverse()
    return chain


def _assets(context: ComputationContext, wanted: set[str]) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    for chunk in _chunks(sorted(wanted)):
        source = context.compiler.source(context.compiler.model.types["Asset"])
        statement = select(source.key()[0], source.optional("name"), source.optional("context_id"))
        for key, name, parent in context.connection.execute(statement.where(source.key()[0].in_(chunk))):
            found[key] = (name or "", parent)
    return found


def _thumbnail_sources(context: ComputationContext, name: str, records: Sequence[Record]) -> None:
    """`thumbnail_source_id`: the context whose thumbnail is shown, the nearest one upwards that has any."""
    _learn_contexts(context, {record.key[0] for record in records})
    for record in records:
        record.values[name] = _thumbnail_source(context, record.key[0])


def _thumbnail_urls(context: ComputationContext, name: str, records: Sequence[Record]) -> None:
    """`thumbnail_url`: where the thumbnail component can be seen; null without one (wire).

    Contexts without a thumbnail of their own show that of the nearest one above.
    """
    _learn_contexts(context, {record.key[0] for record in records if _inherits_thumbnail(record)})
    for record in records:
        component = value_of(record, "thumbnail_id")
        if _inherits_thumbnail(record):
            source = _thumbnail_source(context, record.key[0])
            component = None if source is None else context.contexts[source].thumbnail_id
        record.values[name] = _url(context.addresses.thumbnail(component)) if component else None


def _inherits_thumbnail(record: Record) -> bool:
    has_source = "thumbnail_source_id" in record.entity.attributes
    return record.entity.root == "Context" and has_source and value_of(record, "thumbnail_id") is None


def _thumbnail_source(context: ComputationContext, key: str | None) -> str | None:
    seen: set[str] = set()
    while key is not None and key in context.contexts and key not in seen:
        seen.add(key)
        if context.contexts[key].thumbnail_id is not None:
            return key
        key = context.contexts[key].parent_id
    return None


def _component_urls(context: ComputationContext, name: str, records: Sequence[Record]) -> None:
    """`ComponentLocation.url`: where the component's file can be fetched."""
    for record in records:
        component = value_of(record, "component_id")
        record.values[name] = _url(context.addresses.download(component)) if component else None


def _url(url: str) -> dict[str, str]:
    return {"url": url, "value": url}


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))


COMPUTATIONS: Mapping[str, Computation] = {
    "link": Computation(
        ("name", "username", "version", "asset_id", "context_id", "project_id", "parent_id"), _links
    ),
    "thumbnail_url": Computation(("thumbnail_id",), _thumbnail_urls),
    "thumbnail_source_id": Computation((), _thumbnail_sources),
    "url": Computation(("component_id",), _component_urls),
}
