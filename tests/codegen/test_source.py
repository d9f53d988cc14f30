"""Escaping: whatever a schema holds stays text."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_codegen.errors import GenerationError
from ftrack_codegen.source import docstring, identifier, literal
from ftrack_typed.entity.info import UID

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=8,
)
NASTY = st.text() | st.text(alphabet="\"'\\\n\r\t\u2028\u2029\x85\x00\u202e{}%#ab ", max_size=40)


@given(JSON)
def test_literals_read_back_as_the_value(value: object) -> None:
    text = literal(value)
    assert ast.literal_eval(text) == value
    assert text.isascii() or text.isprintable()


def test_the_marker_of_fresh_identifiers_is_a_name() -> None:
    assert literal({"id": UID}) == "{'id': UID}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"x", {"a": {1, 2}}])
def test_values_without_a_literal_are_refused(value: object) -> None:
    with pytest.raises(GenerationError):
        literal(value)


class Liar(str):
    """A text that represents itself as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os')"


def test_texts_that_represent_themselves_as_code_are_refused() -> None:
    with pytest.raises(GenerationError):
        literal(Liar("x"))


@given(NASTY, st.sampled_from([0, 4]))
def test_docstrings_are_one_constant_whatever_the_text(text: str, indent: int) -> None:
    source = docstring(text, indent)
    module = ast.parse(f"class A:\n    {source}\n" if indent else source)
    statements = module.body[0].body if isinstance(module.body[0], ast.ClassDef) else module.body
    assert len(statements) == 1
    assert isinstance(statements[0], ast.Expr)
    assert isinstance(statements[0].value, ast.Constant)
    source.encode("utf-8")
    assert all(line.isprintable() for line in source.split("\n"))


@given(st.text(alphabet="\"'\\ab ", min_size=1, max_size=300).filter(str.strip))
def test_docstrings_keep_the_words(text: str) -> None:
    value = ast.literal_eval(docstring(text))
    assert value.split() == text.split()


def test_docstrings_are_wrapped() -> None:
    source = docstring("word " * 100, 4)
    assert max(map(len, source.split("\n"))) <= 110 - 4


@pytest.mark.parametrize("name", ["a b", "a\n", "", "1", "ﬁ", "a;b"])
def test_only_identifiers_are_names(name: str) -> None:
    with pytest.raises(GenerationError):
        identifier(name)
