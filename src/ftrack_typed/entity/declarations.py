"""Attribute declarations: annotation texts of generated classes as data."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from ftrack_typed.errors import SchemaError

Kind = Literal["scalar", "reference", "collection", "mapped", "restricted"]


class Declaration(NamedTuple):
    """What an annotation such as ``OptRef[Status]`` says."""

    kind: Kind
    target: str
    """Entity class for relations, scalar text for plain values; for mapped rows the row's class."""
    nullable: bool
    writable: bool
    enum: tuple[str, ...] = ()
    """Known values of a ``Literal``."""
    points_to: str = ""
    """Entity class whose key a plain value is; empty for anything else."""


_FACES: Final[dict[str, tuple[Kind, bool, bool]]] = {
    "Attr": ("scalar", False, True),
    "ReadOnly": ("scalar", False, False),
    "KeyTo": ("scalar", False, True),
    "ReadOnlyKeyTo": ("scalar", False, False),
    "OptKeyTo": ("scalar", True, True),
    "ReadOnlyOptKeyTo": ("scalar", True, False),
    "Ref": ("reference", False, True),
    "ReadOnlyRef": ("reference", False, False),
    "OptRef": ("reference", True, True),
    "ReadOnlyOptRef": ("reference", True, False),
    "Many": ("collection", False, True),
    "ReadOnlyMany": ("collection", False, False),
    "KeyValue": ("mapped", False, True),
    "CustomAttributes": ("mapped", False, True),
    "AnyCustomAttributes": ("mapped", False, True),
    "FilterOnly": ("restricted", False, False),
}
_FACES.update(
    {
        f"Deprecated{face}": _FACES[face]
        for face in (
            "Attr",
            "Many",
            "OptRef",
            "ReadOnly",
            "ReadOnlyMany",
            "ReadOnlyOptRef",
            "ReadOnlyRef",
            "Ref",
        )
    }
)
_KEYS: Final = frozenset({"KeyTo", "ReadOnlyKeyTo", "OptKeyTo", "ReadOnlyOptKeyTo"})
"""Faces of texts; between their brackets stands what the text points to."""
_IDENTIFIER: Final = Declaration("scalar", "str", nullable=False, writable=False)


@lru_cache(maxsize=4096)
def declaration(annotation: str) -> Declaration | None:
    """Read an annotation text; None when it declares no attribute (``ClassVar`` and the like)."""
    if annotation == "Identifier":
        return _IDENTIFIER
    name, _, arguments = annotation.partition("[")
    face = _FACES.get(name)
    if face is None or not arguments.endswith("]"):
        return None
    kind, nullable, writable = face
    inside = arguments[:-1].strip()
    if kind == "mapped":
        inside = inside.partition(",")[0].strip()
    if name in _KEYS:
        return Declaration(kind, "str", nullable, writable, points_to=inside)
    if kind != "scalar":
        return Declaration(kind, inside, nullable, writable)
    if inside.endswith("| None"):
        nullable = True
        inside = inside[: -len("| None")].strip()
    if inside.startswith("Literal["):
        try:
            values = ast.literal_eval(f"({inside[len('Literal[') : -1]},)")
        except (SyntaxError, ValueError):
            raise SchemaError(f"The annotation {annotation!r} is no list of literal values.") from None
        return Declaration("scalar", "str", nullable, writable, tuple(str(value) for value in values))
    return Declaration("scalar", inside, nullable, writable)
