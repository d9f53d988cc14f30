"""The metaclass of entities: declarations in, a pydantic model class without stored fields out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from pydantic import BaseModel
from pydantic._internal._model_construction import ModelMetaclass
from typing_extensions import dataclass_transform

from ftrack_typed.entity.attribute import Attribute, attribute
from ftrack_typed.entity.declarations import declaration
from ftrack_typed.entity.finishing import CAN_WAIT, FinishingMeta, finish, is_of_models, unfinished
from ftrack_typed.entity.info import EntityInfo
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.errors import EntityExtensionError, SchemaError, UnknownAttributeError

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.query.criteria import Criterion

E = TypeVar("E", bound="Entity")


def _annotations(namespace: dict[str, Any]) -> dict[str, str]:
    """Annotation texts of a class body, whichever way this Python keeps them."""
    declared = namespace.pop("__annotations__", None)
    if declared is None and sys.version_info >= (3, 14):
        import annotationlib

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            declared = annotationlib.call_annotate_function(annotate, annotationlib.Format.STRING)
            for key in ("__annotate__", "__annotate_func__"):
                namespace.pop(key, None)
    return {name: text for name, text in (declared or {}).items() if isinstance(text, str)}


def _registry(namespace: dict[str, Any], bases: tuple[type, ...]) -> EntityRegistry:
    given = namespace.get("__registry__")
    if isinstance(given, EntityRegistry):
        return given
    package = str(namespace.get("__module__", "")).rpartition(".")[0]
    found = getattr(sys.modules.get(package), "REGISTRY", None)
    if isinstance(found, EntityRegistry):
        return found
    for base in bases:
        inherited = getattr(base, "__registry__", None)
        if isinstance(inherited, EntityRegistry):
            return inherited
    return EntityRegistry("", {})


class _Hidden:
    """Stands before a helper's method that has the name of an attribute: the attribute is what is found."""

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        raise AttributeError


_HIDDEN = _Hidden()


def _refuse_hidden(
    entity_type: str,
    attributes: Mapping[str, Attribute],
    name: str,
    namespace: Mapping[str, Any],
    bases: tuple[type, ...],
) -> None:
    """Raise an error where a class of people's own, or a mixin of it, defines what has the name of an attribute."""
    offered = {f"class {name}": attributes.keys() & namespace.keys()}
    for base in bases:
        if not (isinstance(base, EntityMeta) or hasattr(base, "__helpers__")):
            names = {each for one in base.__mro__ for each in vars(one)}
            offered[f"mixin {base.__name__}"] = attributes.keys() & names
    for what, shared in offered.items():
        if shared:
            raise EntityExtensionError(
                entity_type,
                f"The {what} defines {min(shared)}, which is an attribute of {entity_type}; give it another name.",
            )


@dataclass_transform(kw_only_default=True, eq_default=False)
class EntityMeta(ModelMetaclass, FinishingMeta):
    """Metaclass of :class:`ftrack_typed.entity.Entity`.

    It keeps pydantic's field collection out of class creation: annotation texts are stored as they are,
    nothing is evaluated and no related class is imported, so that a class costs microseconds and cyclic
    relations need no rebuilding.
    """

    if TYPE_CHECKING:
        __attributes__: dict[str, Attribute]
        __registry__: EntityRegistry

        @overload  # type: ignore[override]
        def __eq__(cls, other: type) -> bool: ...
        @overload
        def __eq__(cls, other: Entity | None) -> Criterion: ...
        def __eq__(cls, other: Any) -> Any: ...
        @overload  # type: ignore[override]
        def __ne__(cls, other: type) -> bool: ...
        @overload
        def __ne__(cls, other: Entity | None) -> Criterion: ...
        def __ne__(cls, other: Any) -> Any: ...
        def __hash__(cls) -> int: ...
        def is_(cls, other: Entity | None) -> Criterion:
            """The same as ``==``, for ``is_(None)`` where linters object to the operator."""
            ...

        def is_not(cls, other: Entity | None) -> Criterion:
            """The same as ``!=``."""
            ...

        def in_(cls, entities: Iterable[Entity]) -> Criterion:
            """Match relations that lead to any of `entities`, or of a query's: that becomes a subquery."""
            ...

        def not_in(cls, entities: Iterable[Entity]) -> Criterion:
            """Match relations that lead to none of `entities`, or of a query's: that becomes a subquery."""
            ...

        def has(cls, *criteria: Criterion) -> Criterion:
            """Match when there is a related entity that fulfils all `criteria`."""
            ...

        def cast(cls, entity_class: type[E]) -> type[E]:
            """Follow the relation only to entities of `entity_class`: ``Task.parent.cast(Shot).name``."""
            ...

    else:

        def __new__(mcs, name, bases, namespace, **options):
            if bases == (BaseModel,):
                make = unfinished if CAN_WAIT else super().__new__
                entity = make(mcs, name, bases, namespace)
                type.__setattr__(entity, "__attributes__", {})
                type.__setattr__(entity, "__helpers__", frozenset())
                return entity
            declared = _annotations(namespace)
            inherited = next(
                (vars(b)["__entity__"] for base in bases for b in base.__mro__ if "__entity__" in vars(b)),
                None,
            )
            info = namespace.get("__entity__", inherited)
            if not isinstance(info, EntityInfo):
                raise SchemaError(f"The class {name} states no `__entity__ = EntityInfo(…)`.")
            own = {}
            for attribute_name, text in declared.items():
                found = declaration(text)
                if found is not None:
                    own[attribute_name] = attribute(attribute_name, info, found)
                    namespace.pop(attribute_name, None)
            attributes = {}
            for base in reversed(bases):
                for known in getattr(base, "__attributes__", {}).values():
                    # The same declaration can be stricter here than in the base, by this type's own facts.
                    attributes[known.name] = known._replace(
                        required=known.wire in info.required or f"{known.wire}_id" in info.required,
                        immutable=known.wire in info.immutable,
                        computed=known.wire in info.computed,
                    )
            attributes.update(own)
            wires = {known.wire for known in attributes.values()}
            helpers = frozenset().union(*(getattr(base, "__helpers__", ()) for base in bases))
            _refuse_hidden(info.name, attributes, name, namespace, bases)
            registry = _registry(namespace, bases)
            namespace["__annotations__"] = {}
            namespace.setdefault("__slots__", ())
            if CAN_WAIT and "__entity__" in namespace and not options:
                cls = unfinished(mcs, name, bases, namespace)
            else:  # people's own, in which pydantic may find something
                cls = super().__new__(mcs, name, bases, namespace, **options)
            type.__setattr__(cls, "__attributes__", attributes)
            type.__setattr__(cls, "__helpers__", helpers)
            for shared in helpers & attributes.keys():
                type.__setattr__(cls, shared, _HIDDEN)
            if any(known.name != known.wire and known.name in wires for known in attributes.values()):
                # What is one attribute's name in Python is another's on the wire.
                type.__setattr__(cls, "__getitem__", cls._item)
            type.__setattr__(cls, "__registry__", registry)
            if "__entity__" in namespace:
                base_info = inherited.name if inherited is not None else None
                registry.add(cls, base_info)
            return cls

        # Pydantic's are those of abstract base classes, written in Python; entities have no virtual subclasses.
        __instancecheck__ = type.__instancecheck__
        __subclasscheck__ = type.__subclasscheck__

        def __getattr__(cls, name):
            if name.startswith("__"):
                if not is_of_models(name):
                    raise AttributeError(name)
                finish(cls)
                return type.__getattribute__(cls, name)
            return cls.__face__(name, "")

        def __dir__(cls):
            return [*super().__dir__(), *cls.__attributes__]

    def __face__(cls, name: str, prefix: str, through_collection: bool = False) -> Any:
        """The path of an attribute: what reading it from the class gives.

        Args:
            name: Python name of the attribute.
            prefix: Path to the entity, ending with a dot; empty for the class itself.
            through_collection: Whether that path leads to several entities.

        Raises:
            UnknownAttributeError: naming the nearest attribute.
        """
        from ftrack_typed.query.paths import Expr, ManyPath, MappedPath, RelationPath

        found = cls.__attributes__.get(name)
        if found is None:
            found = _subtype_attribute(cls, name)
        path = prefix + found.wire
        owner = None if prefix else cast("type[Entity]", cls)
        if found.kind == "scalar":
            return Expr(path, found.target, through_collection=through_collection, owner=owner)
        target = cls.__registry__.by_class_name(found.target)
        if found.kind == "reference":
            return RelationPath(path, target, through_collection=through_collection, owner=owner)
        if found.kind == "mapped":
            from ftrack_typed.entity.mapped_keys import MappedKeys

            return MappedPath(path, target, MappedKeys(cls, found), owner=owner)
        return ManyPath(path, target)


def _subtype_attribute(cls: EntityMeta, name: str) -> Attribute:
    """An attribute only subtypes have, which the server accepts on the base (wire: protocol 3.3)."""
    for subtype in subclasses(cls):
        found = subtype.__attributes__.get(name)
        if found is not None:
            return found
    raise UnknownAttributeError(_info(cls).name, name, cls.__attributes__)


def _info(cls: EntityMeta) -> EntityInfo:
    # Declared on the entities only: declared here too, checkers would see two variables of one name.
    return cast("type[Entity]", cls).__entity__


def subclasses(cls: EntityMeta) -> Iterator[EntityMeta]:
    """The classes of all subtypes, nearest first; imports them."""
    registry = cls.__registry__
    for name in registry.subtypes(_info(cls).name):
        yield registry[name]
