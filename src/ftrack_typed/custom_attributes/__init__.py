"""Custom attributes: which ones an entity has, what their values may be, and where these come from."""

from ftrack_typed.custom_attributes.configuration import AttributeConfiguration, Place
from ftrack_typed.custom_attributes.configurations import Configurations

__all__ = ["AttributeConfiguration", "Configurations", "Place"]
