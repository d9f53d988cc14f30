"""Builds the server's :class:`~ftrack_local.model.Model` from a wire document and the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ftrack_local.catalogue.attributes import (
    Lines,
    build_reference,
    build_scalar,
    find_twins,
    hidden_key,
    is_collection,
    is_relation,
)
from ftrack_local.catalogue.definitions import Catalogue
from ftrack_local.catalogue.documents import Tree, WireType, check_documents
from ftrack_local.catalogue.reader import load_catalogue
from ftrack_local.catalogue.routes import Router
from ftrack_local.catalogue.wire import build_documents
from ftrack_local.model import (
    CONCRETE_TYPE_COLUMN,
    ORDER_COLUMN,
    Attribute,
    Collection,
    EntityType,
    Model,
    ScalarAttribute,
)

_RESERVED = (CONCRETE_TYPE_COLUMN, ORDER_COLUMN)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def build_model(documents: Any = None) -> Model:
    """Build the model of the stock schema, or of any recorded `query_schemas` answer.

    Args:
        documents: The decoded JSON answer; None for the stock schema. It becomes `Model.wire` unchanged.

    Raises:
        CatalogueError: The document is broken.
    """
    catalogue = load_catalogue()
    if documents is None:
        documents = build_documents(catalogue)
    return _Builder(documents, catalogue).build()


def snake_case(name: str) -> str:
    """`AssetVersion` → `asset_version`."""
    return _WORD_START.sub("_", name).lower()


class _Builder:
    def __init__(self, documents: Any, catalogue: Catalogue) -> None:
        self._wire = documents
        self._documents = check_documents(documents)
        self._catalogue = catalogue
        self._tree = Tree(self._documents, catalogue)
        self._roots = {name: self._tree.ancestry(name)[-1] for name in self._documents}
        self._tables = self._assign_tables()
        self._router = Router(self._documents, self._tree, catalogue, self._tables.__getitem__)
        self._lines: dict[str | None, Lines] = {None: Lines({})}

    def build(self) -> Model:
        below: dict[str, list[str]] = {name: [] for name in self._documents}
        for name in self._tree.order:
            for ancestor in self._tree.ancestry(name)[1:]:
                below[ancestor].append(name)
        types = {name: self._build_type(name, tuple(below[name])) for name in self._tree.order}
        for (name, column), owner in self._router.needed.items():
            _add_hidden(types, name, column, owner)
        by_table_name: dict[str, str] = {}
        for name in self._tree.order:
            by_table_name.setdefault(types[name].table_name, name)
        return Model(types, self._wire, tuple(self._router.joins.values()), by_table_name)

    def _assign_tables(self) -> dict[str, str]:
        tables: dict[str, str] = {}
        lines = (line for entry in self._catalogue.types.values() for line in entry.attributes.values())
        taken = {line.join.table for line in lines if line.join is not None}
        for root in dict.fromkeys(self._roots.values()):
            name = wanted = snake_case(root)
            count = 1
            while name in taken:
                count += 1
                name = f"{wanted}_{count}"
            taken.add(name)
            tables[root] = name
        for name, root in self._roots.items():
            shares = self._catalogue.types[root].shares if root in self._catalogue.types else None
            tables[name] = tables[self._roots[shares]] if shares in self._documents else tables[root]
        return tables

    def _build_type(self, name: str, subtypes: tuple[str, ...]) -> EntityType:
        document = self._documents[name]
        known = self._tree.known(name)
        lineage = self._catalogue.lineage(known) if known is not None else ()
        classifier = {key: value for entry in lineage for key, value in entry.classifier.items()}
        classifier.update(_variant_classifier(document))
        classifier = {key: value for key, value in classifier.items() if key in document["properties"]}
        twins = find_twins(document)
        attributes, hidden = self._attributes(name, known, twins, classifier)
        key = tuple(document.get("primary_key", ())) or ("id",)
        root = self._roots[name]
        table_name = self._table_name(name, known)
        view = lineage[-1].view if lineage and known == name else None
        return EntityType(
            name=name,
            table=self._tables[name],
            base=self._tree.bases[name],
            root=root,
            attributes=attributes,
            primary_key=key,
            document=document,
            subtypes=subtypes,
            classifier=classifier,
            always=_always(document, key, classifier),
            twins=twins,
            immutable=_present(document, "immutable"),
            computed=_present(document, "computed"),
            required=_present(document, "required"),
            unique=tuple(
                group
                for entry in lineage
                for group in entry.unique
                if all(attribute in attributes for attribute in group)
            ),
            view=view,
            table_name=table_name,
            event_name=table_name.replace("_", ""),
            type_column=None if view else self._type_column(root),
            told_by=next((entry.told_by for entry in lineage if entry.told_by), None)
            if name == root
            else None,
            hidden=hidden,
        )

    def _attributes(
        self, name: str, known: str | None, twins: Mapping[str, tuple[str, ...]], constants: Mapping[str, Any]
    ) -> tuple[dict[str, Attribute], dict[str, ScalarAttribute]]:
        document = self._documents[name]
        lines = self._lines_of(known)
        properties = document["properties"]
        scalars: dict[str, ScalarAttribute] = {}
        for attribute, prop in properties.items():
            if not is_relation(prop) and not is_collection(prop):
                line = lines.resolve(attribute)
                column = lines.column(attribute) if line is not None else _first(attribute, twins, scalars)
                scalars[attribute] = build_scalar(
                    attribute, column, document, line, self._documents, constants
                )
        attributes: dict[str, Attribute] = {}
        hidden: dict[str, ScalarAttribute] = {}
        for attribute, prop in properties.items():
            line = lines.resolve(attribute)
            if attribute in scalars:
                attributes[attribute] = scalars[attribute]
            elif is_relation(prop):
                reference = build_reference(attribute, document, line, scalars, self._documents)
                attributes[attribute] = reference
                if reference.column is not None and not _stored(reference.column, scalars):
                    hidden[reference.column] = hidden_key(reference.column, reference.target, line)
            else:
                attributes[attribute] = self._collection(name, attribute, prop, lines)
        return attributes, hidden

    def _collection(self, owner: str, name: str, prop: Mapping[str, Any], lines: Lines) -> Collection:
        target = str(prop["items"]["$ref"])
        line = lines.resolve(name)
        route = self._router.route(owner, target, line)
        if line is not None and line.holds in self._documents and line.target == target:
            target = str(line.holds)
        return Collection(
            name,
            target,
            route,
            mapped=prop.get("type") == "mapped_array",
            restricted=bool(prop.get("restricted_projection")),
        )

    def _lines_of(self, known: str | None) -> Lines:
        if known not in self._lines:
            self._lines[known] = Lines(self._catalogue.attributes(str(known)))
        return self._lines[known]

    def _type_column(self, root: str) -> str | None:
        if list(self._roots.values()).count(root) == 1:
            return None
        special = self._catalogue.types[root].type_column if root in self._catalogue.types else None
        return special or CONCRETE_TYPE_COLUMN

    def _table_name(self, name: str, known: str | None) -> str:
        for entry in reversed(self._catalogue.lineage(known)) if known is not None else ():
            if entry.table is not None:
                return entry.table
            if entry.alias is not None:
                return snake_case(entry.alias)
            if entry.base is None:
                return snake_case(entry.name)
        alias = self._documents[name].get("alias_for")
        return snake_case(alias if isinstance(alias, str) else name)


def _variant_classifier(document: WireType) -> dict[str, str]:
    """Classifiers of a variant under their public names (wire: `alias_for` with `classifiers`)."""
    alias = document.get("alias_for")
    if not isinstance(alias, dict) or not isinstance(alias.get("classifiers"), dict):
        return {}
    public = _public_names(document)
    return {public[key]: str(value) for key, value in alias["classifiers"].items() if key in public}


def _public_names(document: WireType) -> dict[str, str]:
    """Internal column name → public attribute."""
    public = {name: name for name in document["properties"]}
    for name, prop in document["properties"].items():
        alias = prop.get("alias_for")
        if isinstance(alias, str) and not is_relation(prop) and not is_collection(prop):
            public[alias] = name
    return public


def _always(document: WireType, key: tuple[str, ...], classifier: Mapping[str, str]) -> tuple[str, ...]:
    public = _public_names(document)
    names = list(key)
    for internal in document.get("system_projections", []):
        attribute = public.get(internal) or public.get(str(internal).lstrip("_"))
        if attribute is not None:
            names.append(attribute)
    names.extend(classifier)
    if "object_type_id" in document["properties"] and "context_type" in document["properties"]:
        names.append("object_type_id")
    return tuple(dict.fromkeys(names))


def _present(document: WireType, key: str) -> frozenset[str]:
    return frozenset(name for name in document.get(key, []) if name in document["properties"])


def _first(name: str, twins: Mapping[str, tuple[str, ...]], scalars: Mapping[str, ScalarAttribute]) -> str:
    """The column of an attribute the catalogue does not know: shared with a twin that came before."""
    for other in twins.get(name, ()):
        column = scalars[other].column if other in scalars else None
        if column is not None:
            return column
    return f"{name}_" if name.startswith(_RESERVED) else name


def _stored(column: str, scalars: Mapping[str, ScalarAttribute]) -> bool:
    return any(scalar.column == column for scalar in scalars.values())


def _add_hidden(types: dict[str, EntityType], name: str, column: str, owner: str) -> None:
    for entry in (name, *types[name].subtypes):
        this = types[entry]
        if column not in this.attributes and column not in this.hidden:
            hidden = {**this.hidden, column: hidden_key(column, owner, None)}
            types[entry] = replace(this, hidden=hidden)
