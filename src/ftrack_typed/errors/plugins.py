"""Errors of plugins, and of what they add to entity classes."""

from __future__ import annotations

from ftrack_typed.errors.base import Error


class PluginError(Error):
    """What a plugin offers can't be used. A plugin that fails itself raises nothing: see ``session.plugins``."""


class EntityExtensionError(PluginError, TypeError, ValueError):
    """A class or mixin can't take the place it was given among the entity classes of a session.

    Attributes:
        entity_type: Wire id of the entity type concerned.
    """

    def __init__(self, entity_type: str, message: object) -> None:
        super().__init__(message, {"entity_type": entity_type})
        self.entity_type: str = entity_type


class ActionError(PluginError, TypeError):
    """An action is not put together as it has to be."""


class ActionInputError(PluginError, ValueError):
    """A user entered something an action can't use; the text is shown to that user.

    Attributes:
        field: Name of the field, where it is about one.
    """

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(message, {"field": field})
        self.field: str | None = field
