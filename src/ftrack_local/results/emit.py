"""Records as wire documents (wire: common result encoding)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ftrack_local.codecs import reader
from ftrack_local.model import Collection, EntityType, Model, Reference, ScalarAttribute

from .projection import PERMISSIONS, Branch, Node
from .records import COMPUTED_PREFIX, Record

_Decode = Callable[[Any], Any]
_Marks: TypeAlias = frozenset[Any]


@dataclass(frozen=True, slots=True)
class _Field:
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


class Emitter:
    """Writes the records of one operation.

    Data of an entity is written once per operation; later occurrences are bare references that a
    client merges by identity. With `denormalize` every occurrence carries its data.
    """

    def __init__(self, model: Model, *, denormalize: bool = False) -> None:
        self.model = model
        self.denormalize = denormalize
        self._written: dict[tuple[Any, ...], _Marks] = {}
        self._plans: dict[tuple[int, str], _Plan] = {}

    def many(self, node: Node, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Write records in order."""
        return [self.one(node, record) for record in records]

    def one(self, node: Node, record: Record) -> dict[str, Any]:
        """Write one record: its concrete type, key, system projections and what `node` asks for."""
        entity = record.entity
        plan = self._plans.get((id(node), entity.name)) or self._plan(node, entity)
        document: dict[str, Any] = {"__entity_type__": entity.name}
        document.update(zip(plan.keys, record.key, strict=True))
        written: _Marks = frozenset()
        if not self.denormalize:
            identity = (entity.root, record.key)
            written = self._written.get(identity, written)
            # Most of a page's related entities occur many times in the same place.
            if plan.marks <= written:
                return document
            self._written[identity] = written | plan.marks if written else plan.marks
        values = record.values
        for this in plan.fields:
            if written and this.name in written:
                continue
            value = values.get(this.source)
            if value is None:
                if this.keep_null:
                    document[this.name] = None
            else:
                document[this.name] = value if this.decode is None else this.decode(value)
        if node.permissions:
            allowed = {
                name: record.permissions[name]
                for name in node.permissions
                if name in record.permissions and (PERMISSIONS, name) not in written
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
            known.update(value)
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
