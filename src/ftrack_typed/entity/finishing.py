"""Model classes that pydantic finishes when it is first asked for something.

Making a model class has pydantic load a fifth of itself, to collect the fields that an entity class does not have. So
a class is made without pydantic's part, and looks to pydantic like one whose schema is not built yet, which is what it
calls a class with ``defer_build``. As soon as anything of pydantic's is wanted of the class, pydantic's own metaclass
makes its part after all, on the class that is there.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

from pydantic._internal._mock_val_ser import set_model_mocks
from pydantic._internal._model_construction import ModelMetaclass

from ftrack_typed.locks import ForkSafeLock

_finishing = ForkSafeLock()


class _Existing(dict[str, Any]):
    """The namespace of a class that is there already."""

    def __init__(self, cls: type[Any]) -> None:
        # Of what the body held, pydantic's part is to see nothing: it declares attributes of entities, not fields.
        known = ("__module__", "__qualname__", "model_config")
        super().__init__({name: vars(cls)[name] for name in known if name in vars(cls)})
        self["__annotations__"] = {}
        self.cls: type[Any] = cls


class FinishingMeta(ABCMeta):
    """Makes classes for the metaclass before it, pydantic's; has it work on one that exists where it says so."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any
    ) -> FinishingMeta:
        if not isinstance(namespace, _Existing):
            return super().__new__(mcs, name, bases, namespace, **options)
        cls = namespace.cls
        for added in namespace.keys() - {"__module__", "__qualname__", "__annotations__"}:
            type.__setattr__(cls, added, namespace[added])
        return cls  # type: ignore[return-value]  # a class made by a subclass of this


def unfinished(
    mcs: type[FinishingMeta], name: str, bases: tuple[type, ...], namespace: dict[str, Any]
) -> Any:
    """Make a model class without pydantic's part; see the module."""
    cls: Any = FinishingMeta.__new__(mcs, name, bases, namespace)
    # pydantic 2.10 wants the name of the class there, later ones what they call missing should building fail.
    set_model_mocks(cls, cls.__name__)
    type.__setattr__(cls, "__unfinished__", True)
    return cls


def finish(cls: type[Any]) -> None:
    """Have pydantic make its part of a class, if it has not done so; threads wait for the one that does it."""
    with _finishing:
        if vars(cls).get("__unfinished__", False):
            # First, as pydantic looks at the class meanwhile; other threads wait above.
            type.__setattr__(cls, "__unfinished__", False)
            metaclass: Any = type(cls)
            ModelMetaclass.__new__(metaclass, cls.__name__, cls.__bases__, _Existing(cls))
