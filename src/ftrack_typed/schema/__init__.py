"""The server's schema: fetched, kept, and described as data."""

from ftrack_typed.schema.cache import SchemaCache
from ftrack_typed.schema.hash import schema_hash
from ftrack_typed.schema.information import check_compatibility, fetch_information
from ftrack_typed.schema.model import MISSING, UID, EntitySchema, ForeignKey, Kind, Property, Schema
from ftrack_typed.schema.source import ServerSchema, fetch_schema, load_schema
from ftrack_typed.schema.vocabulary import SchemaVocabulary

__all__ = [
    "MISSING",
    "UID",
    "EntitySchema",
    "ForeignKey",
    "Kind",
    "Property",
    "Schema",
    "SchemaCache",
    "SchemaVocabulary",
    "ServerSchema",
    "check_compatibility",
    "fetch_information",
    "fetch_schema",
    "load_schema",
    "schema_hash",
]
