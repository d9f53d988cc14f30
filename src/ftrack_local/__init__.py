"""A local ftrack server: the same wire protocol over SQLite, for demos, tests and offline work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import LocalServerError

if TYPE_CHECKING:
    from .server import LocalServer

__all__ = ["LocalServer", "LocalServerError"]

_EXTRA = frozenset({"lark", "pydantic_core", "sqlalchemy", "starlette", "uvicorn", "websockets", "yaml"})


def __getattr__(name: str) -> object:
    if name != "LocalServer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .server import LocalServer
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ModuleNotFoundError(
            f'LocalServer needs {error.name}, which comes with the "local" extra: pip install "ftrack-typed[local]"',
            name=error.name,
        ) from None
    return LocalServer
