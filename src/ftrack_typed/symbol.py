"""Marker values with an identity of their own."""

from __future__ import annotations

from typing import Any, Final


class Symbol:
    """A named constant that survives copying and pickling as the same object.

    Its truth value is chosen at construction, so that ``if not value`` treats :data:`NOT_SET` like an
    empty value.
    """

    __slots__ = ("_truth", "name")

    name: str
    _instances: dict[str, Symbol] = {}  # noqa: RUF012 - one registry for the process, guarded by the GIL

    def __new__(cls, name: str, truth: bool = True) -> Symbol:
        known = cls._instances.get(name)
        if known is not None:
            return known
        symbol = super().__new__(cls)
        symbol.name = name
        symbol._truth = truth
        return cls._instances.setdefault(name, symbol)

    _truth: bool

    def __bool__(self) -> bool:
        return self._truth

    def __repr__(self) -> str:
        return f"Symbol({self.name})"

    def __str__(self) -> str:
        return self.name

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: Any) -> Symbol:
        return self

    def __reduce__(self) -> tuple[type[Symbol], tuple[str, bool]]:
        return Symbol, (self.name, self._truth)


NOT_SET: Final[Any] = Symbol("NOT_SET", truth=False)
"""Stands for a value that is neither loaded nor given; falsy, and not the same as ``None``."""

CREATED: Final = Symbol("CREATED")
"""State of an entity that exists only in this session until the next commit."""

MODIFIED: Final = Symbol("MODIFIED")
"""State of an entity with changes that the next commit sends."""

DELETED: Final = Symbol("DELETED")
"""State of an entity that the next commit deletes."""
