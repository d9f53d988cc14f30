"""Model classes that pydantic finishes when it is first asked for something.

Making a model class has pydantic load a fifth of itself, to collect the fields that an entity class does not have. So
a class is made without pydantic's part, and looks to pydantic like one whose schema is not built yet, which is what it
calls a class with ``defer_build``. As soon as anything of pydantic's is wanted of the class, pydantic's own metaclass
makes its part after all, on the class that is there.
"""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Callable
from typing import Any

from pydantic._internal._model_construction import ModelMetaclass

from ftrack_typed.locks import ForkSafeLock

_set_model_mocks: Callable[..., None] | None
try:
    from pydantic._internal._mock_val_ser import set_model_mocks as _set_model_mocks
except ImportError:
    _set_model_mocks = None

_finishing = ForkSafeLock()

_OTHER_NAMES = frozenset({"__class_vars__", "__private_attributes__"})
"""What pydantic gives classes under names that do not say so."""


def is_of_models(name: str) -> bool:
    """Whether a class may have an attribute of this name only once pydantic has made its part."""
    return name.startswith("__pydantic_") or name in _OTHER_NAMES


def _can_wait() -> bool:
    """Whether this pydantic works the way that finishing a class later relies on; all from 2.10 to 2.14 do."""
    code = getattr(ModelMetaclass.__new__, "__code__", None)
    if _set_model_mocks is None or code is None or "__class__" not in code.co_freevars:
        return False  # its metaclass does not leave making the class to the next one
    try:
        inspect.signature(_set_model_mocks).bind(object, "")
    except (TypeError, ValueError):
        return False
    return True


CAN_WAIT = _can_wait()
"""Whether classes can be made without pydantic's part; else they are made the ordinary way, which takes longer."""


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
    """Make a model class without pydantic's part; only where `CAN_WAIT` is true."""
    assert _set_model_mocks is not None
    cls: Any = FinishingMeta.__new__(mcs, name, bases, namespace)
    # pydantic 2.10 wants the name of the class there, later ones what they call missing should building fail.
    _set_model_mocks(cls, cls.__name__)
    type.__setattr__(cls, "__unfinished__", True)
    return cls


def finish(cls: type[Any]) -> None:
    """Have pydantic make its part of a class, if it has not done so; threads wait for the one that does it."""
    with _finishing:
        if vars(cls).get("__unfinished__", False):
            # First, as pydantic looks at the class meanwhile; other threads wait above.
            type.__setattr__(cls, "__unfinished__", False)
            metaclass: Any = type(cls)
            try:
                ModelMetaclass.__new__(metaclass, cls.__name__, cls.__bases__, _Existing(cls))
            except BaseException:
                type.__setattr__(cls, "__unfinished__", True)
                raise
