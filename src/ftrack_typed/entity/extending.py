"""What a session adds to entity classes: mixins, and classes of people's own in place of generated ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeVar, cast
from weakref import WeakSet, WeakValueDictionary

from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.metaclass import EntityMeta
from ftrack_typed.entity.portable import plain_class
from ftrack_typed.entity.registry import EntityRegistry, Index
from ftrack_typed.errors import EntityExtensionError
from ftrack_typed.locks import ForkSafeLock

E = TypeVar("E", bound=Entity)

_lock = ForkSafeLock()
_extended: WeakValueDictionary[tuple[type, ...], type[Entity]] = WeakValueDictionary()

_HOW_ENTITIES_WORK: Final = frozenset(
    name
    for name, value in vars(Entity).items()
    if name.startswith("_") and callable(value) and not name.startswith("__annot")
) - {"__repr__", "__str__", "_repr_html_"} | {"__new__", "__getattribute__"}


def extended(
    plain: type[Entity], mixins: tuple[type, ...], parent: type[Entity] | None = None
) -> type[Entity]:
    """A subclass of an entity class with mixins before it; the same one for the same request.

    Args:
        plain: The class as all sessions know it.
        mixins: What is put before it.
        parent: The extended class of the nearest base type that has one.
    """
    parents = () if parent is None else (parent,)
    key = (*mixins, plain, *parents)
    with _lock:
        known = _extended.get(key)
        if known is None:
            namespace = {
                "__module__": plain.__module__,
                "__qualname__": plain.__qualname__,
                "__doc__": plain.__doc__,
                "__plain__": plain,
                "__registry__": plain.__registry__,
            }
            make: Callable[..., type[Entity]] = cast("Any", EntityMeta)
            known = _extended[key] = make(plain.__name__, key, namespace)
            # What a mixin annotates is no field of the entity.
            type.__setattr__(known, "__pydantic_fields__", {})
        return known


def check_mixin(entity_type: str, mixin: object, classes: Iterable[type[Entity]]) -> None:
    """Check that a class can be mixed into an entity type.

    Args:
        entity_type: The type it is for.
        mixin: What is to be mixed in.
        classes: Classes of the type and all below it.

    Raises:
        EntityExtensionError: when it is no plain class, keeps state of its own, hides an attribute of one of these
            types, or replaces what entities themselves work by.
    """
    if not isinstance(mixin, type) or isinstance(mixin, EntityMeta):
        raise EntityExtensionError(
            entity_type,
            f"{entity_type} takes plain classes as mixins, not {mixin!r}; a subclass of the entity class goes into "
            f'session.types["{entity_type}"].',
        )
    offered = {name: base for base in mixin.__mro__[-2::-1] for name in vars(base)}
    if any(vars(base).get("__slots__") for base in mixin.__mro__):
        raise EntityExtensionError(
            entity_type,
            f"The mixin {mixin.__name__} has __slots__; entities keep nothing beside their attributes.",
        )
    for name in sorted(_HOW_ENTITIES_WORK & offered.keys()):
        if callable(vars(offered[name])[name]):
            raise EntityExtensionError(
                entity_type,
                f"The mixin {mixin.__name__} defines {name}, which entities work by; leave it to them.",
            )
    for cls in classes:
        for name in offered:
            if name in cls.__attributes__:
                raise EntityExtensionError(
                    entity_type,
                    f"The mixin {mixin.__name__} defines {name}, which is an attribute of {cls.__entity__.name}; "
                    "give it another name.",
                )


def check_class(entity_type: str, offered: object, plain: type[Entity]) -> type[Entity]:
    """Check that a class can stand for an entity type.

    Raises:
        EntityExtensionError: when it is no subclass of the type's class.
    """
    if isinstance(offered, type) and issubclass(offered, plain) and offered.__entity__.name == entity_type:
        return offered
    what = offered.__name__ if isinstance(offered, type) else repr(offered)
    package = plain.__registry__.package
    base = f"{package}.{plain.__name__}" if package else f"session.types[{entity_type!r}]"
    raise EntityExtensionError(
        entity_type, f"{what} can't stand for the entity type {entity_type}: derive it from {base}."
    )


class ClassWatcher(Protocol):
    """Something that keeps classes of a session for quick use."""

    def classes_changed(self) -> None:
        """Called when types have got other classes."""


class ExtensibleRegistry(EntityRegistry):
    """Entity classes that can be given more methods, or be replaced by subclasses.

    Args:
        index: Wire id → (module, class name, wire id of the base type or None).
    """

    def __init__(self, index: Index) -> None:
        super().__init__("", index)
        self._built: Final[dict[str, type[Entity]]] = {}
        self._mixins: Final[dict[str, tuple[type, ...]]] = {}
        self._replaced: Final[dict[str, type[Entity]]] = {}
        self._watchers: Final[WeakSet[ClassWatcher]] = WeakSet()
        self._extending = ForkSafeLock()
        """Held while a class is chosen: what is added to it must not change meanwhile."""

    def __getitem__(self, name: str) -> type[Entity]:
        known = self._classes.get(name)
        if known is not None:
            return known
        plain = self.plain(name)
        with self._extending:
            return self._classes.setdefault(name, self._with_extensions(name, plain))

    def plain(self, name: str) -> type[Entity]:
        """The class of the entity type `name` without what was added to it here.

        Raises:
            UnrecognisedEntityTypeError: when there is no such type.
        """
        raise NotImplementedError

    def add(self, entity_class: type[Entity], base: str | None) -> None:
        """Take in a class that was built for this registry."""
        super().add(entity_class, base)
        name = entity_class.__entity__.name
        self._built[name] = self._classes.pop(name)

    def extend(self, entity_type: type[Entity] | str, *mixins: type) -> None:
        """Add the methods of plain classes to an entity type and all types below it, in this session.

        Entities that are there already get them too. Mixins go before the type's own class, later ones before earlier
        ones. Sessions made with :meth:`Session.fork` share it; other sessions don't see it.

        Args:
            entity_type: Class or wire id.
            mixins: Classes without state of their own.

        Raises:
            UnrecognisedEntityTypeError: when there is no such type.
            EntityExtensionError: when a mixin has the name of an attribute, or can't be used for another reason.
        """
        name = entity_type if isinstance(entity_type, str) else entity_type.__entity__.name
        self.plain(name)
        concerned = [self.plain(one) for one in (name, *self.subtypes(name))]
        for mixin in mixins:
            check_mixin(name, mixin, concerned)
        with self._extending:
            known = self._mixins.get(name, ())
            added = dict.fromkeys(one for one in reversed(mixins) if one not in known)
            self._mixins[name] = (*added, *known)
            self._forget(name)
        self._tell()

    def __setitem__(self, name: str, entity_class: type[Entity]) -> None:
        """Have entities of the type `name` made from a subclass of its class, in this session.

        Raises:
            UnrecognisedEntityTypeError: when there is no such type.
            EntityExtensionError: when it is no subclass.
        """
        offered = check_class(name, entity_class, self.plain(name))
        with self._extending:
            self._replaced[name] = plain_class(offered)
            self._forget(name)
        self._tell()

    def in_use(self, entity_class: type[E]) -> type[E]:
        """The class this session makes entities from that are asked for as `entity_class`."""
        if not (self._mixins or self._replaced):
            return entity_class
        found = self[entity_class.__entity__.name]
        return found if issubclass(found, entity_class) else entity_class

    def watch(self, watcher: ClassWatcher) -> None:
        """Tell a watcher, which is held weakly, when types get other classes."""
        self._watchers.add(watcher)

    def _with_extensions(self, name: str, plain: type[Entity]) -> type[Entity]:
        found = self._replaced.get(name, plain)
        mixins = self._mixins.get(name, ())
        base = self.base(name)
        while base is not None and not (base in self._mixins or base in self._replaced):
            base = self.base(base)
        if not mixins and base is None:
            return found
        return extended(found, mixins, None if base is None else self[base])

    def _forget(self, name: str) -> None:
        for one in (name, *self.subtypes(name)):
            self._classes.pop(one, None)

    def _tell(self) -> None:
        # Without the lock: watchers look up classes while they hold locks of their own.
        for watcher in list(self._watchers):
            watcher.classes_changed()
