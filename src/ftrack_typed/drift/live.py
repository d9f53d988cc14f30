"""A running session whose server is not quite the one its package was generated from."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Literal, get_args

from ftrack_typed.errors import ConfigurationTypeError, SchemaDriftError, suggestion

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.schema.model import Schema

_logger = logging.getLogger("ftrack_typed.schema")

OnDrift = Literal["warn", "error", "ignore"]
"""What a session does about differences: log them, raise, or nothing."""


class SchemaDrift:
    """Compares the classes a program uses with the server's schema, each when it is first used.

    Args:
        generated: Registry of the generated package; None when there is none, and so nothing to compare.
        server_hash: Hash of the server's schema. Nothing is compared when the package was made from this one.
        schema: Gives the server's schema; asked only when something has to be compared.
        on_drift: What to do about differences.

    Raises:
        ConfigurationTypeError: when `on_drift` is something else.
    """

    def __init__(
        self,
        generated: EntityRegistry | None,
        server_hash: str | None,
        schema: Callable[[], Schema],
        on_drift: OnDrift,
    ) -> None:
        if on_drift not in get_args(OnDrift):
            raise ConfigurationTypeError(
                f"on_schema_drift takes one of {', '.join(map(repr, get_args(OnDrift)))}, not {on_drift!r}."
                f"{suggestion(str(on_drift), get_args(OnDrift))}",
                setting="on_schema_drift",
            )
        self._schema = schema
        self._on_drift: OnDrift = on_drift
        self._seen: set[str] = set()
        self._package = "" if generated is None else generated.package
        self._registry = generated
        same = generated is not None and _hash_of(generated.package) == server_hash
        self.index: Collection[str] | None = generated.index if generated is not None and same else None
        """The server's entity types, where the package was made from this very schema; else None."""
        self.active: bool = generated is not None and on_drift != "ignore" and not same
        """Whether differences are looked for."""

    def check_loaded(self) -> None:
        """Compare all classes that are loaded by now.

        Raises:
            SchemaDriftError: as :meth:`check` does.
        """
        if self.active and self._registry is not None:
            self._compare(self._registry.loaded)

    def check(self, entity_class: type[Entity]) -> None:
        """Compare a class that is about to be used, if it wasn't compared yet.

        Raises:
            SchemaDriftError: when there are differences and they are not to be tolerated; again at every use.
        """
        if self.active and entity_class.__entity__.name not in self._seen:
            self._compare((entity_class,))

    def _compare(self, classes: Iterable[type[Entity]]) -> None:
        from ftrack_typed.drift.changes import by_importance
        from ftrack_typed.drift.classes import class_differences

        schema = self._schema()
        fresh = [cls for cls in classes if cls.__entity__.name not in self._seen]
        changes = [change for cls in fresh for change in class_differences(cls, schema)]
        if changes:
            self._tell(dict.fromkeys(map(str, by_importance(changes))))
        self._seen.update(cls.__entity__.name for cls in fresh)

    def _tell(self, changes: Iterable[str]) -> None:
        message = (
            f"The server's schema differs from the package {self._package}: {'; '.join(changes)}. "
            "Run `ftrack-typed regen` to bring the package up to date."
        )
        if self._on_drift == "error":
            raise SchemaDriftError(message)
        _logger.warning("%s", message)


def _hash_of(package: str) -> str | None:
    try:
        provenance = importlib.import_module(f"{package}._provenance")
    except ModuleNotFoundError:
        return None
    found = getattr(provenance, "SCHEMA_HASH", None)
    return found if isinstance(found, str) else None
