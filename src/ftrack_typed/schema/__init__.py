"""The server's schema: fetched, kept, and described as data."""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.schema.cache import SchemaCache as SchemaCache
    from ftrack_typed.schema.hash import schema_hash as schema_hash
    from ftrack_typed.schema.information import check_compatibility as check_compatibility
    from ftrack_typed.schema.information import fetch_information as fetch_information
    from ftrack_typed.schema.model import MISSING as MISSING
    from ftrack_typed.schema.model import UID as UID
    from ftrack_typed.schema.model import EntitySchema as EntitySchema
    from ftrack_typed.schema.model import ForeignKey as ForeignKey
    from ftrack_typed.schema.model import Kind as Kind
    from ftrack_typed.schema.model import Property as Property
    from ftrack_typed.schema.model import Schema as Schema
    from ftrack_typed.schema.source import ServerSchema as ServerSchema
    from ftrack_typed.schema.source import fetch_schema as fetch_schema
    from ftrack_typed.schema.source import load_schema as load_schema
    from ftrack_typed.schema.vocabulary import SchemaVocabulary as SchemaVocabulary

# Every session imports this package; few read more of the schema than its hash.
_LAZY = {
    "MISSING": "model",
    "UID": "model",
    "EntitySchema": "model",
    "ForeignKey": "model",
    "Kind": "model",
    "Property": "model",
    "Schema": "model",
    "SchemaCache": "cache",
    "SchemaVocabulary": "vocabulary",
    "ServerSchema": "source",
    "check_compatibility": "information",
    "fetch_information": "information",
    "fetch_schema": "source",
    "load_schema": "source",
    "schema_hash": "hash",
}

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

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
