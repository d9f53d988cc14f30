"""Records as wire documents (wire: common result encoding)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ftrack_local.codecs import reader
from ftrack_local.model import Collection, EntityType, Model, Reference, ScalarAttribute

from .projection import PERMISSIONS, Branch, Node
from .records import COMPUTED_PREFIX, Record

_Decode = Callable[[Any], Any]
_Marks: TypeAlias = frozenset[Any]


class _Field(NamedTuple):
    name: str
    source: str
    decode: _Decode | None
    keep_null: bool


@dataclass(frozen=True, slots=True)
class _Relation:
    name: str
    slot: tuple[str, str | None]
    child: Node
    many: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """How records of one concrete type are written in one place of the result."""

    keys: tuple[str, ...]
    fields: tuple[_Field, ...]
    relations: tuple[_Relation, ...]
    marks: _Marks
    """What the plan writes: its fields by name, its relations by name and place in the result."""


def _reference(entity: EntityType, plan: _Plan, record: Record) -> dict[str, Any]:
    """Type and key of a record."""
    return {"__entity_type__": entity.name, **dict(zip(plan.keys, record.key, strict=True))}


class Emitter:
    """Writes the records of one operation.

    Data of an entity is written once per operation; later occurrences are bare references that a
    client merges by identity. With `denormalize` every occurrence carries its data.
    """

    def __init__(self, model: Model, *, denormalize: bool = False) -> None:
        self.model = model
        self.denormalize = denormalize
        self._written: dict[tuple[Any, ...], _Marks] = {}
        self._references: dict[tuple[Any, ...], dict[str, Any]] = {}
        """Bare references by identity; each stands in as many places as lead to its entity."""
        self._plans: dict[tuple[int, str], _Plan] = {}

    def many(self, node: Node, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Write records in order."""
        return [self.one(node, record) for record in records]

    def one(self, node: Node, record: Record) -> dict[str, Any]:
        """Write one record: its concrete type, key, system projections and what `node` asks for."""
        entity = record.entity
        plan = self._plans.get((id(node), entity.name)) or self._plan(node, entity)
        written: _Marks | None = None
        if not self.denormalize:
            identity = (entity.root, record.key)
            written = self._written.get(identity)
            if written is None:
                self._written[identity] = plan.marks
            elif plan.marks <= written:
                # Most of a page's related entities occur many times in the same place.
                known = self._references.get(identity)
                if known is None:
                    known = self._references[identity] = _reference(entity, plan, record)
                return known
            else:
                self._written[identity] = written | plan.marks
        document = _reference(entity, plan, record)
        values = record.values
        for name, source, decode, keep_null in plan.fields:
            if written and name in written:
                continue
            value = values.get(source)
            if value is None:
                if keep_null:
                    document[name] = None
            else:
                document[name] = value if decode is None else decode(value)
        if node.permissions:
            allowed = {
                name: record.permissions[name]
                for name in node.permissions
                if name in record.permissions and not (written and (PERMISSIONS, name) in written)
            }
            if allowed:
                document[PERMISSIONS] = allowed
        for relation in plan.relations:
            if not (written and (relation.name, id(relation.child)) in written):
                self._relate(document, relation, record)
        return document

    def _relate(self, document: dict[str, Any], relation: _Relation, record: Record) -> None:
        related = record.related.get(relation.slot)
        value: Any
        if relation.many:
            members = related if isinstance(related, list) else []
            value = [self.one(relation.child, member) for member in members]
        else:
            value = self.one(relation.child, related) if isinstance(related, Record) else None
        known = document.get(relation.name)
        if isinstance(known, dict) and isinstance(value, dict):
            document[relation.name] = {**known, **value}
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        elif known is None:
            document[relation.name] = value

    def _plan(self, node: Node, entity: EntityType) -> _Plan:
        fields: dict[str, _Field] = {}
        for name in node.scalars:
            for twin in (name, *entity.twins.get(name, ())):
                self._add_field(fields, entity, twin, keep_null=True)
        for name in entity.always:
            if name not in fields:
                self._add_field(fields, entity, name, keep_null=False)
        for name in entity.primary_key:
            fields.pop(name, None)
        relations: list[_Relation] = []
        for slot, branch in node.branches.items():
            for name in (branch.name, *entity.twins.get(branch.name, ())):
                self._add_relation(relations, entity, name, slot, branch)
        marks = frozenset(
            [
                *fields,
                *((this.name, id(this.child)) for this in relations),
                *((PERMISSIONS, name) for name in node.permissions),
            ]
        )
        plan = _Plan(entity.primary_key, tuple(fields.values()), tuple(relations), marks)
        self._plans[id(node), entity.name] = plan
        return plan

    def _add_field(
        self, fields: dict[str, _Field], entity: EntityType, name: str, *, keep_null: bool
    ) -> None:
        attribute = entity.attributes.get(name)
        if isinstance(attribute, ScalarAttribute):
            if attribute.is_entity_type:
                fields[name] = _Field(name, f"{COMPUTED_PREFIX}{name}", None, keep_null)
                return
            source = attribute.column or f"{COMPUTED_PREFIX}{attribute.computed}"
            fields[name] = _Field(name, source, reader(attribute.scalar), keep_null)

    def _add_relation(
        self,
        relations: list[_Relation],
        entity: EntityType,
        name: str,
        slot: tuple[str, str | None],
        branch: Branch,
    ) -> None:
        attribute = entity.attributes.get(name)
        if isinstance(attribute, (Reference, Collection)) and attribute.target in branch.children:
            child = branch.children[attribute.target]
            relations.append(_Relation(name, slot, child, isinstance(attribute, Collection)))
