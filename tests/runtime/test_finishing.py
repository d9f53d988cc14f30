"""Whatever is first wanted of an entity class as a model finds one that pydantic made in full."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, computed_field, create_model

from ftrack_typed import Entity
from ftrack_typed.entity import Attr, EntityInfo
from ftrack_typed.entity.info import UNSET


def fresh() -> Any:
    """A class that pydantic has seen nothing of."""

    class Fresh(Entity):
        __entity__: ClassVar[EntityInfo] = EntityInfo("Fresh", primary_key=("id",))

        id: Attr[str] = UNSET
        name: Attr[str] = UNSET

    return Fresh


def pydantic_part(cls: type[Any]) -> set[str]:
    others = {"__class_vars__", "__private_attributes__", "__signature__", "model_config"}
    return {name for name in vars(cls) if name.startswith("__pydantic_") or name in others}


LIST: Any = list  # checkers know no classes that are made while the program runs

FIRST: dict[str, Callable[[Any], object]] = {
    "validate": lambda cls: cls.model_validate({"name": "a"}),
    "validate JSON": lambda cls: cls.model_validate_json('{"name": "a"}'),
    "dump": lambda cls: cls(name="a").model_dump(),
    "dump JSON": lambda cls: cls(name="a").model_dump_json(),
    "fields": lambda cls: cls.model_fields,
    "computed fields": lambda cls: cls.__pydantic_computed_fields__,
    "class variables": lambda cls: cls.__class_vars__,
    "JSON schema": lambda cls: cls.model_json_schema(),
    "rebuild": lambda cls: cls.model_rebuild(),
    "rebuild by force": lambda cls: cls.model_rebuild(force=True),
    "adapter": lambda cls: TypeAdapter(LIST[cls]).validate_python([{"name": "a"}]),
    "adapter of itself": lambda cls: TypeAdapter(cls).json_schema(),
    "adapter that dumps": lambda cls: TypeAdapter(cls).dump_python(cls(name="a")),
    "field": lambda cls: create_model("Holder", held=(cls, ...)).model_validate({"held": {"name": "a"}}),
    "subclass": lambda cls: type(cls)("Own", (cls,), {"__module__": __name__}),
    "copy": lambda cls: cls(name="a").model_copy(),
}


@pytest.mark.parametrize("what", FIRST)
def test_a_class_becomes_what_pydantic_makes_of_it(what: str) -> None:
    class Plain(BaseModel):
        model_config = ConfigDict(defer_build=True)

    Plain.model_rebuild()
    cls = fresh()
    FIRST[what](cls)
    assert cls.model_validate({"name": "a"}).model_dump() == {"name": "a"}
    assert pydantic_part(Plain) <= pydantic_part(cls)
    assert cls.model_fields == {}
    assert cls.model_config == {"defer_build": True}
    assert "values" in inspect.signature(cls.__init__).parameters


def test_threads_that_come_at_once_get_the_same_class() -> None:
    together = threading.Barrier(8)

    def use(number: int, cls: Any) -> object:
        together.wait(timeout=30)
        return list(FIRST.values())[number](cls)

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            cls = fresh()
            results = list(pool.map(use, range(8), [cls] * 8, timeout=60))
            assert isinstance(results[0], cls)
            assert results[2] == {"name": "a"}
            assert results[4] == {}


def test_a_subclass_of_peoples_own_keeps_what_pydantic_finds_in_it() -> None:
    base: Any = fresh()

    class Own(base):  # type: ignore[misc]
        @computed_field  # type: ignore[prop-decorator]
        @property
        def shouted(self) -> str:
            return str(self.name).upper()

    assert list(Own.model_computed_fields) == ["shouted"]
    assert Own(name="a").shouted == "A"


def test_a_class_that_nobody_uses_as_a_model_still_is_one() -> None:
    cls = fresh()
    entity = cls(name="a")
    assert isinstance(entity, BaseModel)
    assert issubclass(cls, BaseModel)
    assert not hasattr(cls, "__pydantic_no_such_thing__")
    assert not hasattr(cls, "__wrapped__")
