"""Errors of configuration and installation."""

from __future__ import annotations

from ftrack_typed.errors.base import Error


class ConfigurationError(Error):
    """An argument or environment variable is missing or unusable.

    Attributes:
        setting: Name of the argument, such as ``"server_url"``.
    """

    def __init__(self, message: object, *, setting: str | None = None) -> None:
        super().__init__(message, {"setting": setting})
        self.setting = setting


class ConfigurationTypeError(ConfigurationError, TypeError):
    """A required setting is missing, or a setting has the wrong type."""


class ConfigurationValueError(ConfigurationError, ValueError):
    """A setting has the right type but no usable value."""


class MissingExtraError(Error, ImportError):
    """A feature needs an optional dependency group that is not installed.

    Attributes:
        feature: What was asked for, such as ``"ftrack-typed regen"``.
        extra: Name of the extra to install.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs the "{extra}" extra: pip install "ftrack-typed[{extra}]"')
        self.feature = feature
        self.extra = extra
