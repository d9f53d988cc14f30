"""What numbers among settings may be."""

from __future__ import annotations

import math

from ftrack_typed.errors import ConfigurationTypeError, ConfigurationValueError


def require_counts(settings: object, *names: str, otherwise: str = "") -> None:
    """Raise unless each named attribute of `settings` is a whole number from 1 up.

    Args:
        settings: The object whose attributes are looked at.
        names: The attributes; each is called a setting in errors.
        otherwise: What may be given besides, or what 1 means, for the error to tell.

    Raises:
        ConfigurationTypeError: for what is no whole number.
        ConfigurationValueError: for numbers below 1.
    """
    for name in names:
        value = getattr(settings, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigurationTypeError(f"{name} takes a whole number, not {value!r}.", setting=name)
        if value < 1:
            also = f"; {otherwise}" if otherwise else ""
            raise ConfigurationValueError(f"{name} counts from 1, not {value!r}{also}.", setting=name)


def require_positive(settings: object, *names: str, infinite: bool = False) -> None:
    """Raise unless each named attribute of `settings` is a number above 0, finite unless `infinite`.

    Raises:
        ConfigurationTypeError: for what is no number.
        ConfigurationValueError: for other numbers, and for what is none ("nan").
    """
    for name in names:
        value = _number(settings, name)
        if not (value > 0 and (infinite or math.isfinite(value))):
            raise ConfigurationValueError(f"{name} takes a number above 0, not {value!r}.", setting=name)


def require_from_zero(settings: object, *names: str) -> None:
    """Raise unless each named attribute of `settings` is a finite number from 0 up.

    Raises:
        ConfigurationTypeError: for what is no number.
        ConfigurationValueError: for other numbers, and for what is none ("nan").
    """
    for name in names:
        value = _number(settings, name)
        if not (value >= 0 and math.isfinite(value)):
            raise ConfigurationValueError(f"{name} takes a number from 0 up, not {value!r}.", setting=name)


def _number(settings: object, name: str) -> float:
    value = getattr(settings, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigurationTypeError(f"{name} takes a number, not {value!r}.", setting=name)
    return value
