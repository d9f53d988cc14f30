"""Comments that let a subtype declare an attribute otherwise than its base.

It is meant that way: a shot's ``bid`` can't be set although a typed context's can. Both checkers call that an
error, each in cases of its own, and both also call a comment an error that silences nothing.
"""

from __future__ import annotations

from typing import Final

from .intermediate import Attribute, EntityType, Kind, Package, Scalar
from .source import Source

_MYPY: Final = "  # type: ignore[assignment]"
_CUSTOM: Final = "  # type: ignore[assignment, unused-ignore]"
"""For custom attributes, where mypy minds only some combinations of classes."""
_PYRIGHT: Final = "  # pyright: ignore[reportIncompatibleVariableOverride]"

_NARROWER: Final = frozenset(
    {
        (Scalar.BOOLEAN, Scalar.INTEGER),
        (Scalar.BOOLEAN, Scalar.NUMBER),
        (Scalar.INTEGER, Scalar.NUMBER),
    }
)
"""Sorts of plain values that checkers take for each other, in this direction."""


def override_comment(entity: EntityType, attribute: Attribute, package: Package) -> Source:
    """The comment behind the declaration of `attribute` in `entity`; empty where none is needed."""
    if attribute.wire_name not in entity.overrides or entity.base is None:
        return Source("")
    if attribute.custom is not None:
        return Source(_CUSTOM + _PYRIGHT)
    inherited = package.entities[entity.base].attributes[attribute.wire_name]
    # pyright wants the very same face, mypy compares what reading gives.
    mypy = "" if _reads_as(attribute, inherited, package) else _MYPY
    return Source(mypy + _PYRIGHT)


def _reads_as(attribute: Attribute, inherited: Attribute, package: Package) -> bool:
    """Tell whether a value of `attribute` is also one of `inherited`, as mypy sees it."""
    if _is_any(attribute) or _is_any(inherited) or attribute.kind is Kind.FILTER_ONLY:
        return True
    if attribute.kind is not inherited.kind or (attribute.nullable and not inherited.nullable):
        return False
    if attribute.kind is Kind.REFERENCE:
        return inherited.target in _lineage(attribute.target, package)
    if attribute.kind is Kind.COLLECTION:
        return attribute.target == inherited.target
    if attribute.kind is Kind.KEY_VALUE:
        # Mappings can be written to, so a narrower value doesn't do; "anything" passes for everything.
        return attribute.scalar is inherited.scalar or Scalar.VARIABLE in (attribute.scalar, inherited.scalar)
    if inherited.identifies:
        return attribute.identifies
    if inherited.key_of:
        return attribute.key_of is not None and inherited.key_of in _lineage(attribute.key_of, package)
    if inherited.choices:
        return bool(attribute.choices) and set(attribute.choices) <= set(inherited.choices)
    pair = (Scalar.STRING if attribute.choices else attribute.scalar, inherited.scalar)
    return pair[0] is pair[1] or pair in _NARROWER


def _is_any(attribute: Attribute) -> bool:
    return attribute.kind is Kind.SCALAR and attribute.scalar is Scalar.VARIABLE and not attribute.choices


def _lineage(wire_id: str | None, package: Package) -> tuple[str, ...]:
    lineage: list[str] = []
    while wire_id is not None:
        lineage.append(wire_id)
        wire_id = package.entities[wire_id].base
    return tuple(lineage)
