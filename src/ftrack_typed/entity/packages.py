"""The generated package a session uses, and whether a class belongs to it."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TypeVar

from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.errors import ConfigurationTypeError, EntityTypeError

E = TypeVar("E", bound=Entity)

STOCK_PACKAGE = "ftrack_entities"
"""Generated package used when a session is given none."""


def generated_registry(entities: ModuleType | str | None) -> EntityRegistry | None:
    """The registry of a generated package; None when none is given and the stock one is not installed.

    Raises:
        ConfigurationTypeError: when the package can't be imported, or was not made by the generator.
    """
    if entities is None:
        try:
            module = importlib.import_module(STOCK_PACKAGE)
        except ModuleNotFoundError as error:
            if error.name != STOCK_PACKAGE:
                raise
            return None
    elif isinstance(entities, str):
        try:
            module = importlib.import_module(entities)
        except ModuleNotFoundError as error:
            raise ConfigurationTypeError(
                f"entities names the package {entities!r}, which can't be imported: {error}.",
                setting="entities",
            ) from None
    else:
        module = entities
    registry = getattr(module, "REGISTRY", None)
    if not isinstance(registry, EntityRegistry):
        raise ConfigurationTypeError(
            f"entities takes a package made by `ftrack-typed regen`, not {module!r}.", setting="entities"
        )
    return registry


def checked_class(
    entity_class: type[E], registry: EntityRegistry, generated: EntityRegistry | None
) -> type[E]:
    """The class itself, when it is one of the session's.

    Raises:
        EntityTypeError: when it is no entity class, or one of another package.
    """
    given: object = entity_class
    if not (isinstance(given, type) and issubclass(given, Entity)):
        raise EntityTypeError(f"{entity_class!r} is neither an entity class nor the name of an entity type.")
    own = vars(entity_class).get("__registry__")
    if own is None:
        raise EntityTypeError(f"{entity_class.__name__} is a base of entity classes; name one of those.")
    if own is generated or own is registry:
        return entity_class
    raise EntityTypeError(
        f"{entity_class.__name__} is of the package {own.package or 'another session'}, but this session "
        f"uses {generated.package if generated else 'no generated package'}: "
        f"pass entities={own.package or '…'} to Session."
    )
