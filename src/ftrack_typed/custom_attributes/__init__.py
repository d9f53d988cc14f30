"""Custom attributes: which ones an entity has, what their values may be, and where these come from."""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

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
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
