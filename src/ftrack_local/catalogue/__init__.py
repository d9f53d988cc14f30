"""The stock schema and how any `query_schemas` document becomes a :class:`~ftrack_local.model.Model`."""

from ftrack_local.catalogue.build import build_model
from ftrack_local.catalogue.definitions import Catalogue, CatalogueError
from ftrack_local.catalogue.reader import load_catalogue, read_catalogue, schema_directory
from ftrack_local.catalogue.wire import build_documents

__all__ = [
    "Catalogue",
    "CatalogueError",
    "build_documents",
    "build_model",
    "load_catalogue",
    "read_catalogue",
    "schema_directory",
]
