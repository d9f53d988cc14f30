"""Custom attributes: which ones an entity has, what their values may be, and where these come from."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.configuration import AttributeConfiguration as AttributeConfiguration
    from ftrack_typed.custom_attributes.configuration import Place as Place
    from ftrack_typed.custom_attributes.configurations import Configurations as Configurations

# Every session imports this package; many look at no custom attribute.
_LAZY = {
    "AttributeConfiguration": "configuration",
    "Configurations": "configurations",
    "Place": "configuration",
}

__all__ = [
    "AttributeConfiguration",
    "Configurations",
    "Place",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
