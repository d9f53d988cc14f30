"""Free-text search: the terms of a `search` operation as further criteria of its query (wire: search)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ftrack_local.compile.resolve import entity_type, meanings
from ftrack_local.errors import MalformedRequestError, UnknownNameError
from ftrack_local.model import EntityType, Model, Scalar
from ftrack_local.query import (
    And,
    Comparison,
    Criteria,
    Literal,
    Membership,
    Operator,
    Or,
    Path,
    Query,
    Step,
    parse,
)

MAX_TERMS = 32
"""Most terms of one search."""

_TEXTS = (
    "name",
    "full_name",
    "username",
    "first_name",
    "last_name",
    "email",
    "content",
    "comment",
    "asset.name",
    "ancestors.name",
    "asset.parent.name",
    "asset.ancestors.name",
    "project.full_name",
)
"""Where terms are looked for: what an entity is called, and what the way to it is called."""

_CONTEXTS = ("id", "ancestors.id", "project_id", "context_id", "asset.context_id", "asset.ancestors.id")
"""Where the context a search is limited to may stand."""


def search_query(model: Model, operation: Mapping[str, Any]) -> Query:
    """Return the query of a search: its expression, narrowed to rows that match every term."""
    expression = operation.get("expression")
    if not isinstance(expression, str):
        raise MalformedRequestError("A search needs its `expression` as text.")
    query = parse(expression)
    entity = entity_type(model, query.entity_type, query.position)
    named = operation.get("entity_type")
    if named is not None:
        entity_type(model, str(named))
    criteria = [] if query.where is None else [query.where]
    criteria.extend(_term(model, entity, term) for term in _texts(operation, "terms", required=True))
    context_id = operation.get("context_id")
    if context_id is not None:
        criteria.append(_anywhere(model, entity, _CONTEXTS, Operator.EQUAL, Literal.of(str(context_id))))
    object_types = _texts(operation, "object_type_ids", required=False)
    if object_types:
        choices = tuple(Literal.of(key) for key in object_types)
        criteria.append(Membership(_path("object_type_id"), choices))
    if len(criteria) > 1:
        return replace(query, where=And(tuple(criteria)))
    return replace(query, where=criteria[0] if criteria else None)


def _texts(operation: Mapping[str, Any], name: str, *, required: bool) -> list[str]:
    value = operation.get(name)
    if value is None and not required:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise MalformedRequestError(f"A search needs its `{name}` as a list of texts.")
    if len(value) > MAX_TERMS or not all(isinstance(item, str) for item in value):
        raise MalformedRequestError(f"A search needs its `{name}` as a list of at most {MAX_TERMS} texts.")
    return list(value)


def _term(model: Model, entity: EntityType, term: str) -> Criteria:
    raw = Literal.of(term).raw.replace("%", "\\%").replace("_", "\\_")
    return _anywhere(model, entity, _TEXTS, Operator.LIKE, Literal(f"%{raw}%"))


def _anywhere(
    model: Model, entity: EntityType, paths: Sequence[str], operator: Operator, value: Literal
) -> Criteria:
    """Return the criterion that one of the paths the entity has matches."""
    known = [_path(text) for text in paths if _leads_to_text(model, entity, text)]
    if not known:
        raise UnknownNameError(f"{entity.name} has no attribute a search could look at.")
    found = tuple(Comparison(path, operator, value) for path in known)
    return found[0] if len(found) == 1 else Or(found)


def _path(text: str) -> Path:
    return Path(tuple(Step(name) for name in text.split(".")))


def _leads_to_text(model: Model, entity: EntityType, text: str) -> bool:
    *way, last = text.split(".")
    for name in way:
        attribute = entity.attributes.get(name)
        target = getattr(attribute, "target", None)
        if target is None:
            return False
        entity = model.types[target]
    try:
        found = meanings(model, entity, last)
    except UnknownNameError:
        return False
    return any(scalar.scalar is Scalar.TEXT and scalar.column for _, scalar in found.scalars)
