"""Whatever is first wanted of an entity class as a model finds one that pydantic made in full."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import threading
import warnings
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


def ignoring_warnings(use: Callable[[], object]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return use()


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
    "representation for rich": lambda cls: list(cls(name="a").__rich_repr__()),
    "dump of old": lambda cls: ignoring_warnings(lambda: cls(name="a").dict()),
    "field of a subclass": lambda cls: (
        create_model("Holder", held=(type(cls)("Own", (cls,), {"__module__": __name__}), ...))
        .model_validate_json('{"held": {"name": "a"}}')
        .model_dump()
    ),
    "subclass with options": lambda cls: type(cls)("Own", (cls,), {"__module__": __name__}, extra="allow"),
    "hook of the instance": lambda cls: cls(name="a").__pydantic_decorators__,
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


SESSION = """
import sys
import pydantic._internal._mock_val_ser as mocks
from pydantic import BaseModel
{}
from ftrack_entities import Task
early = "pydantic.fields" in sys.modules
own = type(Task)("Own", (Task,), {{"__module__": "own"}})
import json
dumped = [Task.model_validate({{"name": "a"}}).model_dump(), own(name="b").model_dump()]
print(json.dumps([early, *dumped, Task.model_fields]))
"""
CHANGES = {
    "none": "",
    "without mocks": "del mocks.set_model_mocks",
    "with mocks that want more": "mocks.set_model_mocks = lambda cls, name, more: None",
    "with mocks that want names": "mocks.set_model_mocks = lambda cls, *, undefined: None",
    "with a metaclass that makes classes itself": (
        "make = type(BaseModel).__new__\n"
        "type(BaseModel).__new__ = lambda mcs, *arguments, **options: make(mcs, *arguments, **options)"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_pydantic_makes_its_part_at_once(change: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SESSION.format(CHANGES[change])],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [change != "none", {"name": "a"}, {"name": "b"}, {}]


def test_making_it_is_tried_again_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    cls = fresh()
    with monkeypatch.context() as patched:
        patched.setattr(type(BaseModel), "__new__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cls.model_validate({"name": "a"})
    assert cls.model_validate({"name": "a"}).model_dump() == {"name": "a"}
    assert pydantic_part(cls) >= {"__pydantic_decorators__", "__class_vars__"}


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
