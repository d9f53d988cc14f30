"""The session: one user's work with one server. Composes the rooms of this package, without logic of its own."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from typing_extensions import Self

from ftrack_typed.cache import KeyMaker, StringKeyMaker
from ftrack_typed.closing import close_at_exit
from ftrack_typed.configuration import Configuration, Timeout, checked_timeout
from ftrack_typed.custom_attributes import Configurations
from ftrack_typed.delivery import Delivery
from ftrack_typed.drift.live import OnDrift, SchemaDrift
from ftrack_typed.entity import Collection, Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.dynamic import ExtraAttributes, SessionRegistry
from ftrack_typed.entity.packages import checked_class, generated_registry
from ftrack_typed.entity.portable import encodable_reference
from ftrack_typed.entity_cache import CacheOption, SessionCache, open_cache
from ftrack_typed.errors import Error, OutcomeUnknown, SchemaError, UnrecognisedEntityTypeError
from ftrack_typed.eventful import Eventful
from ftrack_typed.helpers.face import Helpers
from ftrack_typed.identity.hydration import Hydrator
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.values import ValueReader
from ftrack_typed.interchange import Encoding, Interchange
from ftrack_typed.loading import Loader
from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.missing import MissingPolicy, OnMissing
from ftrack_typed.plugins.face import Plugged
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.query.result import PAGE_SIZE, QueryResult
from ftrack_typed.query.text import QueryText
from ftrack_typed.query.typed import Query
from ftrack_typed.reading import Reading
from ftrack_typed.refreshing.face import Refreshing
from ftrack_typed.schema import SchemaCache, ServerSchema, check_compatibility, fetch_information
from ftrack_typed.symbol import Symbol
from ftrack_typed.transport import HttpTransport, RetryPolicy
from ftrack_typed.unit_of_work.changes import ChangeTracker
from ftrack_typed.unit_of_work.face import Writing
from ftrack_typed.unit_of_work.unit import UnitOfWork

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes import AttributeConfiguration
    from ftrack_typed.custom_attributes.values import CustomValues
    from ftrack_typed.query.checking import QueryChecker
    from ftrack_typed.schema import Schema, SchemaVocabulary

_logger = logging.getLogger("ftrack_typed.session")

E = TypeVar("E", bound=Entity)


class Session(Helpers, Plugged, Eventful, Reading, Refreshing, Writing, Encoding):
    """A connection to an ftrack server, with the entities read and changed through it.

    Args:
        server_url: URL of the server; else ``FTRACK_SERVER``.
        api_key: API key; else ``FTRACK_API_KEY``, or the older ``FTRACK_APIKEY``.
        api_user: User name; else ``FTRACK_API_USER``, or the name of the logged-in user.
        auto_populate: Whether reading an attribute that is not loaded fetches it.
        entities: Generated package whose classes entities get: the module or its name. The stock entities
            that come with this library when omitted; types neither knows are built from the server's schema.
        schema_cache_path: Directory for the cached schema, False for none; else
            ``FTRACK_API_SCHEMA_CACHE_PATH``, or the user's cache directory.
        timeout: Seconds a request may take, a pair for connecting and reading, or None for no bound.
        cookies: Cookies to send with each request.
        headers: Headers to send with each request.
        strict_api: Ask the server to return nothing but what was asked for.
        on_schema_drift: What to do when the server's schema is not the one the generated package was made
            from, and a class in use is concerned: ``"warn"`` in the log, raise an ``"error"``, or ``"ignore"``.
        validate_queries: Check the names in query texts against the server's schema before they are sent.
        on_missing: What reading an attribute that is not loaded does, where it is fetched at all: ``"batch"``
            loads it at once for all entities of the same result that lack it, ``"fetch"`` for the one it is
            read of; ``"warn"`` is as ``"batch"`` and says in the log where it was read; ``"raise"`` refuses.
        cache: Cache beneath the session's memory, or a callable that is given the session and makes one, or None;
            what it has is not asked of the server. See docs/caching.md for how stale it may be.
        cache_key_maker: Makes keys of what is stored in the cache; a `StringKeyMaker` when omitted.
        retries: How what fails on the way is tried again; `RetryPolicy(attempts=1)` for never.
        plugin_paths: Directories and files to look for plugins in, else those of ``FTRACK_EVENT_PLUGIN_PATH``; an
            empty list for none. See docs/plugins.md.
        plugin_arguments: Keyword arguments for the plugins that take them.
        auto_connect_event_hub: Whether `event_hub` connects at the start; None for when needed, False for by hand.

    Raises:
        ConfigurationError: for missing or unusable arguments.
        AuthenticationError: when the server does not accept the credentials.
        TransportError: when it can't be reached.
        ServerCompatibilityError: when it is too old.
        SchemaDriftError: when its schema differs and `on_schema_drift` is ``"error"``.
    """

    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        auto_populate: bool = True,
        *,
        entities: ModuleType | str | None = None,
        schema_cache_path: str | os.PathLike[str] | Literal[False] | None = None,
        timeout: Timeout = 60,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        strict_api: bool = False,
        on_schema_drift: OnDrift = "warn",
        validate_queries: bool = True,
        on_missing: OnMissing = "batch",
        cache: CacheOption = None,
        cache_key_maker: KeyMaker | None = None,
        retries: RetryPolicy | None = None,
        plugin_paths: Iterable[str | os.PathLike[str]] | None = None,
        plugin_arguments: Mapping[str, Any] | None = None,
        auto_connect_event_hub: bool | None = None,
    ) -> None:
        self._configuration = Configuration.resolve(
            server_url,
            api_key,
            api_user,
            timeout=timeout,
            cookies=cookies,
            headers=headers,
            strict_api=strict_api,
            schema_cache_path=schema_cache_path,
            plugin_paths=plugin_paths,
            plugin_arguments=plugin_arguments,
        )
        self._missing = MissingPolicy(on_missing)
        generated = generated_registry(entities)
        self._transport = HttpTransport(self._configuration, retries)
        self._finalizer = weakref.finalize(self, self._transport.close)
        try:
            self._information = fetch_information(self._transport)
            check_compatibility(self._information)
            kept = SchemaCache(self._configuration.schema_cache_path)
            server = self._server = ServerSchema(self._transport, self._information, kept)
            self._drift = SchemaDrift(generated, server.hash, lambda: server.schema, on_schema_drift)
            server.prepare()
            self._drift.check_loaded()
            names = self._drift.index or [str(document.get("id")) for document in server.documents]
        except BaseException:
            self._transport.close()
            raise
        self._generated = generated
        self._registry = SessionRegistry(generated, names, lambda: server.schema, self._drift.check)
        self._extras = ExtraAttributes(self._registry, lambda: server.schema)
        self._cache_key_maker = StringKeyMaker() if cache_key_maker is None else cache_key_maker
        self._cache_option = cache
        self._validate_queries = bool(validate_queries)
        self._auto_populate = bool(auto_populate)
        self._compose()
        self._start_events(auto_connect_event_hub)
        self._start_plugins()

    def _compose(self) -> None:
        """Make the rooms that no other session shares."""
        self._delivery = Delivery(self._transport, lambda: self._schema, encodable_reference)
        self._identities = IdentityMap()
        self._changes = ChangeTracker()
        self._configurations = Configurations(self._fetch_configurations)
        self._unit = UnitOfWork(self, self._registry, self._identities, self._changes, self._configurations)
        self._hydrator = Hydrator(self, self._registry, self._identities, self._changes)
        self._interchange = Interchange(
            self._registry, self._extra_attribute, self._changes, self._unit.is_created
        )
        self._cache, kept = open_cache(
            self, self._cache_option, self._cache_key_maker, self._interchange, self._hydrator, self._changes
        )
        self._kept = kept
        self._unit.committed = kept.committed
        self._registry.watch(self._hydrator)
        scratch = IdentityMap()
        values = ValueReader(Hydrator(self, self._registry, scratch, ChangeTracker(ForkSafeLock())), scratch)
        self._loader = Loader(
            self._transport,
            self._registry,
            self._identities,
            self._hydrator,
            self._changes,
            self._unit,
            values,
            self._missing,
            kept,
        )
        # What follows is loaded when it is first needed.
        self._custom: CustomValues | None = None
        self._checker: QueryChecker | None = None
        self._local = threading.local()
        close_at_exit(self)

    def fork(self) -> Self:
        """Another session with the same server and settings, for a worker: nothing is asked anew.

        They share the schema, the entity classes, the connections and the cache, but no entities and no pending
        work. Each is closed by itself.

        Raises:
            ConnectionClosedError: when the session is closed.
        """
        other = object.__new__(type(self))
        vars(other).update({name: value for name, value in vars(self).items() if name in _SHARED})
        other._transport = self._transport.share()
        other._server.reach_through(other._transport)
        other._finalizer = weakref.finalize(other, other._transport.close)
        other._compose()
        return other

    def __repr__(self) -> str:
        state = " closed" if self.closed else ""
        return f"<Session {self.api_user} at {self.server_url}{state}>"

    # -- what it is connected to -------------------------------------------------------------------

    @property
    def server_url(self) -> str:
        """URL of the server, without trailing slashes."""
        return self._configuration.server_url

    @property
    def api_user(self) -> str:
        """Name of the user everything is done as."""
        return self._configuration.api_user

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._configuration.api_key

    @property
    def server_information(self) -> dict[str, Any]:
        """What the server told of itself at the start: ``version``, ``schema_hash``, …; a copy."""
        return dict(self._information)

    def check_server_compatibility(self) -> None:
        """Check the version the server told at the start.

        Raises:
            ServerCompatibilityError: when it is too old, or told none.
        """
        check_compatibility(self._information)

    @property
    def request_timeout(self) -> Timeout:
        """Seconds a request may take; may be changed at any time."""
        return self._transport.timeout

    @request_timeout.setter
    def request_timeout(self, value: Timeout) -> None:
        self._transport.timeout = checked_timeout(value)

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """The server's schema as it describes itself on the wire."""
        return self._server.documents

    @property
    def _schema(self) -> Schema:
        return self._server.schema

    @property
    def types(self) -> SessionRegistry:
        """Entity classes by wire id; also those built for types the generated package has not.

        ``types.extend(Task, Mixin)`` adds methods to a class, ``types["Task"] = StudioTask`` has a subclass used.
        """
        return self._registry

    @property
    def custom_attribute_configurations(self) -> Configurations:
        """The server's custom attributes; ``refresh()`` has them fetched again."""
        return self._configurations

    @property
    def cache(self) -> SessionCache:
        """The session's caches: its memory, and what it was given beneath."""
        return self._cache

    @property
    def cache_key_maker(self) -> KeyMaker:
        """Makes the keys of `cache`, each of an entity type and a list of key values."""
        return self._cache_key_maker

    # -- closing -----------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the session was closed."""
        return self._transport.closed

    def close(self) -> None:
        """Close the connection; what is not committed is lost, and that is logged. May be called again."""
        if self.closed:
            return
        pending = len(self._unit.pending)
        if pending:
            _logger.warning("The session was closed with %d operations not committed.", pending)
        self._unit.discard()
        self._close_events()
        self._finalizer()

    def reset(self) -> None:
        """Start over: forget all entities and what is not committed, which is logged; the connection stays.

        Entities read before must not be used any more. What is in a cache of yours stays there.
        """
        pending = len(self._unit.pending)
        if pending:
            _logger.warning("The session was reset with %d operations not committed.", pending)
        self._unit.discard()
        self._loader.forget()
        self._tell_plugins_of_reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- reading -----------------------------------------------------------------------------------

    @overload
    def query(self, query: type[E], /, *, page_size: int = PAGE_SIZE) -> Query[E]: ...
    @overload
    def query(self, query: str, /, *, page_size: int = PAGE_SIZE) -> QueryResult[Any]: ...
    def query(self, query: type[E] | str, /, *, page_size: int = PAGE_SIZE) -> Query[E] | QueryResult[Any]:
        """Ask for entities: by class, to build a typed query, or by a query text.

        Nothing is fetched before the result is looked at.

        Raises:
            ParseError: when a text names no entity type.
            UnrecognisedEntityTypeError: when neither the server nor the generated package has the type.
            QueryNameError: when a text names an attribute the server does not have; with its position and the
                nearest name. Syntax is left to the server.
        """
        if not isinstance(query, str):
            return Query(self, self._own_class(query), page_size=page_size)
        from ftrack_typed.query import frame

        taken_apart = frame.read(query)
        if taken_apart.projections is None:
            info = self._registry[taken_apart.entity_type].__entity__
            taken_apart = taken_apart.with_projections(info.default_projections or info.primary_key)
        elif taken_apart.entity_type not in self._registry:
            raise UnrecognisedEntityTypeError(taken_apart.entity_type, self._registry)
        if self._validate_queries:
            self._check(query)
        return QueryResult(self, taken_apart, page_size)

    @overload
    def get(self, entity_type: type[E], entity_key: object, /) -> E | None: ...
    @overload
    def get(self, entity_type: str, entity_key: object, /) -> Any: ...
    def get(self, entity_type: type[E] | str, entity_key: object, /) -> Any:
        """The entity with this key, None when there is none; asks the server only for what is not held.

        Args:
            entity_type: Class or wire id.
            entity_key: The key; for composite keys a sequence in the order of the schema, or a mapping.
        """
        return self._loader.get(self._class(entity_type), entity_key)

    def call(self, data: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Send raw operations and return their results, with entities in place of their data."""
        results: list[Any] = self._hydrator.walk(self._send(data))
        self._kept.doubt(data)
        return results

    # -- what entities and queries call ------------------------------------------------------------

    def _send(self, operations: Sequence[Mapping[str, Any]]) -> list[Any]:
        try:
            return self._delivery.send(operations)
        except BaseException as error:
            if isinstance(error, OutcomeUnknown) or not isinstance(error, Error):
                self._kept.doubt(operations)
            raise

    def _page(
        self, query: QueryText, offset: int | None, limit: int, cohort: Cohort
    ) -> tuple[list[Any], int | None]:
        return self._loader.page(query, offset, limit, cohort)

    def _values(
        self,
        query: QueryText,
        offset: int | None,
        limit: int,
        columns: tuple[str, ...],
        cohort: Cohort | None,
    ) -> tuple[list[tuple[tuple[Any, ...], Any]], int | None]:
        return self._loader.values(query, offset, limit, columns, cohort)

    def _load(self, entity: Entity, attribute: Attribute) -> Any:
        return self._loader.load(entity, attribute, self.auto_populate)

    def _load_scalars(self, entity: Entity) -> None:
        self._loader.load_scalars(entity, self.auto_populate)

    def _expect_all(self, entity: Entity) -> None:
        self._loader.expect_all(entity)

    def _extra_attribute(self, cls: type[Entity], name: str) -> Attribute | None:
        return self._extras.find(cls, name)

    def _assign(self, entity: Entity, attribute: Attribute, value: Any) -> None:
        self._unit.assign(entity, attribute, value)

    def _revert(self, entity: Entity, attribute: Attribute) -> None:
        self._unit.revert(entity, attribute)

    def _own(self, value: Any) -> Any:
        return self._unit.own(value)

    def _collection_changes(self, collection: Collection[Any]) -> None:
        self._unit.collection_changes(collection)

    def _set_key_value(self, rows: KeyValueCollection[Any], key: str, value: Any) -> None:
        self._unit.set_key_value(rows, key, value)

    def _delete_key_value(self, rows: KeyValueCollection[Any], key: str) -> None:
        self._unit.delete_key_value(rows, key)

    def _state(self, entity: Entity) -> Symbol:
        return self._unit.state(entity)

    def _persisted(self, entity: Entity, name: str) -> Any:
        return self._interchange.persisted(entity, name)

    def _custom_values(self) -> CustomValues:
        if self._custom is None:
            from ftrack_typed.custom_attributes.values import CustomValues

            self._custom = CustomValues(
                self._configurations,
                self._registry,
                self._identities,
                self._loader,
                self._changes.local,
                self._unit.state,
            )
        return self._custom

    def _fetch_configurations(self) -> list[AttributeConfiguration]:
        from ftrack_typed.custom_attributes.fetching import ENTITY_TYPE, fetch_configurations

        known = self._schema.types.get(ENTITY_TYPE)
        return fetch_configurations(self._loader.ask, known.properties if known is not None else ())

    def _check(self, query: str) -> None:
        if self._checker is None:
            from ftrack_typed.query.checking import QueryChecker

            self._checker = QueryChecker(self._vocabulary)
        self._checker.check(query)

    def _vocabulary(self) -> SchemaVocabulary | None:
        from ftrack_typed.schema import SchemaVocabulary

        try:
            return SchemaVocabulary(self._schema, self._server.documents)
        except SchemaError as error:
            _logger.warning("Queries are not checked: %s", error)
            return None

    def _class(self, entity_type: object) -> type[Entity]:
        if isinstance(entity_type, str):
            return self._registry[entity_type]
        return self._own_class(cast("type[Entity]", entity_type))

    def _own_class(self, entity_class: type[E]) -> type[E]:
        checked = checked_class(entity_class, self._registry, self._generated)
        if checked.__registry__ is self._generated:
            self._drift.check(checked)
        return self._registry.in_use(checked)


_SHARED = frozenset(
    "_configuration _missing _generated _information _server _drift _registry _extras "
    "_cache_key_maker _cache_option _validate_queries _auto_populate _plugins _auto_connect".split()
)
"""What forked sessions have in common."""


__all__ = ["Session"]
