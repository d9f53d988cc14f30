"""Entity classes of one generated package, imported when first needed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ftrack_typed.errors import SchemaError, UnrecognisedEntityTypeError

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.custom_attributes import CustomAttributesInfo

Index = Mapping[str, tuple[str, str, "str | None"]]


class EntityRegistry(Mapping[str, "type[Entity]"]):
    """Finds the class of an entity type, by the type's wire id.

    A mapping; two of them are equal only if they are the same one.

    Args:
        package: Import name of the package that holds the modules; empty for classes built at run time.
        index: Wire id → (module, class name, wire id of the base type or None).
        custom_attributes: Wire id → (module, class name) of what declares its custom attributes.
    """

    def __init__(
        self,
        package: str,
        index: Index,
        custom_attributes: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        self.package: Final = package
        self._index: Final = dict(index)
        self._custom_attributes: Final = dict(custom_attributes)
        self._classes: Final[dict[str, type[Entity]]] = {}
        self._by_class_name: Final = {entry[1]: name for name, entry in self._index.items()}
        self._children: dict[str, tuple[str, ...]] | None = None
        self._roots: dict[str, str] = {}

    @property
    def index(self) -> Index:
        """Wire id → (module, class name, base)."""
        return MappingProxyType(self._index)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, name: str) -> type[Entity]:
        """The class of the entity type `name`, imported now if it wasn't yet.

        Raises:
            UnrecognisedEntityTypeError: when the package has no such type.
        """
        known = self._classes.get(name)
        if known is not None:
            return known
        try:
            module, class_name, _ = self._index[name]
        except KeyError:
            raise UnrecognisedEntityTypeError(name, self._index) from None
        # The metaclass registers the class while its module is imported; the import lock makes it one.
        loaded: type[Entity] = getattr(importlib.import_module(f"{self.package}.{module}"), class_name)
        return self._classes.setdefault(name, loaded)

    @property
    def loaded(self) -> tuple[type[Entity], ...]:
        """The classes that are there by now."""
        return tuple(self._classes.values())

    @property
    def has_set_values_only(self) -> bool:
        """Whether rows of custom attributes exist only for values that were set (wire: key/value rows)."""
        return False

    def by_class_name(self, class_name: str) -> type[Entity]:
        """The class spelled `class_name` in Python, as annotations name it."""
        try:
            return self[self._by_class_name[class_name]]
        except KeyError:
            raise SchemaError(
                f"{self.package or 'The schema'} refers to the class {class_name}, which it does not have."
            ) from None

    def lazy(self, name: str) -> type[Entity]:
        """Module ``__getattr__`` of a generated package."""
        if name not in self._by_class_name:
            raise AttributeError(f"module {self.package!r} has no attribute {name!r}")
        return self.by_class_name(name)

    def add(self, entity_class: type[Entity], base: str | None) -> None:
        """Take in a class: called by the metaclass for every class it makes."""
        name = entity_class.__entity__.name
        if name not in self._index:
            self._index[name] = ("", entity_class.__name__, base)
            self._by_class_name[entity_class.__name__] = name
            self._children = None
            self._roots = {}
        self._classes[name] = entity_class

    def base(self, name: str) -> str | None:
        """Wire id of the type above `name`, None for the top of a tree."""
        return self._index[name][2]

    def custom_attributes(self, name: str) -> CustomAttributesInfo | None:
        """The custom attributes of an entity type; None when the package was made without knowing any."""
        current: str | None = name
        while current is not None and current in self._index:
            place = self._custom_attributes.get(current)
            if place is not None:
                module = importlib.import_module(f"{self.package}.{place[0]}")
                info: CustomAttributesInfo = getattr(module, place[1]).__custom__
                return info
            current = self.base(current)
        return None

    def root(self, name: str) -> str:
        """Topmost type of the tree that `name` is in; entities are unique by it and their key."""
        found = self._roots.get(name)
        if found is None:
            base = self.base(name)
            found = self._roots[name] = name if base is None else self.root(base)
        return found

    def subtypes(self, name: str) -> tuple[str, ...]:
        """All types below `name`, nearest first."""
        children = self._children
        if children is None:
            grouped: dict[str, list[str]] = {}
            for child, (_, _, base) in self._index.items():
                if base is not None:
                    grouped.setdefault(base, []).append(child)
            children = self._children = {parent: tuple(sorted(found)) for parent, found in grouped.items()}
        found: list[str] = list(children.get(name, ()))
        for child in found:  # grows while it is walked
            found.extend(children.get(child, ()))
        return tuple(found)

    def is_polymorphic(self, name: str) -> bool:
        """Whether rows asked for as `name` may be of another type.

        True for a whole tree: relations declared as one leaf may hold its siblings (wire: protocol 1.3).
        """
        return self.base(name) is not None or bool(self.subtypes(name))
