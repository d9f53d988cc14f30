"""The spelling of wire names in Python: safe, and reversible."""

from __future__ import annotations

import keyword
from inspect import getmro

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.entity import Entity
from ftrack_typed.entity.metaclass import EntityMeta
from ftrack_typed.entity.names import (
    RESERVED_ATTRIBUTES,
    attribute_name,
    class_name,
    module_name,
    wire_name,
)
from ftrack_typed.errors import UnsafeNameError

IDENTIFIERS = st.from_regex(r"_{0,2}[A-Za-zé][A-Za-z0-9_]{0,12}_{0,2}", fullmatch=True).filter(
    lambda name: not (name.startswith("__") and name.endswith("__"))
)
RESERVED = st.sampled_from(sorted(RESERVED_ATTRIBUTES)).flatmap(
    lambda name: st.sampled_from([name, f"_{name}", f"__{name}", f"{name}_", f"x_{name}"])
)


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("name", "name"),
        ("from", "from_"),
        ("global", "global_"),
        ("items", "items_"),
        ("values", "values_"),
        ("schema", "schema_"),
        ("_link", "link_"),
        ("_from", "from__"),
        ("_schemas", "schemas_"),
        ("in", "x_in"),
        ("_x", "x__x"),
        ("_1", "x__1"),
        ("trailing_", "x_trailing_"),
        ("x_scale", "x_x_scale"),
        ("type", "type"),
        ("id", "id"),
        ("Upper", "Upper_"),
    ],
)
def test_attribute_spelling(wire: str, python: str) -> None:
    assert attribute_name(wire) == python
    assert wire_name(python) == wire


@given(IDENTIFIERS | RESERVED)
def test_spelling_is_reversible_and_safe(wire: str) -> None:
    python = attribute_name(wire)
    assert wire_name(python) == wire
    assert python.isidentifier()
    assert not keyword.iskeyword(python)
    assert not python.startswith("_")
    assert python not in RESERVED_ATTRIBUTES


@pytest.mark.parametrize(
    "hostile",
    ["", "a b", "a-b", "1a", "x=1", "a\nimport os", "__class__", "__", "_", 'a"', "ﬁ", None, 3],
)
def test_unsafe_attributes_are_refused(hostile: str) -> None:
    with pytest.raises(UnsafeNameError):
        attribute_name(hostile)


@pytest.mark.parametrize("hostile", ["", "A B", "A;", "_Task", "Task_", "1Shot", "Shot\n", None])
def test_unsafe_classes_are_refused(hostile: str) -> None:
    with pytest.raises(UnsafeNameError):
        class_name(hostile)


@pytest.mark.parametrize(
    ("wire", "python"), [("Task", "Task"), ("List", "List"), ("Attr", "Attr_"), ("str", "str_")]
)
def test_class_spelling(wire: str, python: str) -> None:
    assert class_name(wire) == python


def test_module_names_hide_no_builtin() -> None:
    assert module_name("List") == "_list"
    assert module_name("TypedContext") == "_typed_context"
    assert module_name("APIKey") == "_api_key"


def test_reserved_names_cover_the_installed_pydantic_and_our_own_methods() -> None:
    public = {
        name
        for kind in (*getmro(Entity), *getmro(EntityMeta))
        for name in vars(kind)
        if not name.startswith("_")
    }
    assert public - RESERVED_ATTRIBUTES - {"__annotations__"} == set()
