"""Fields of forms: how they travel, and what is read from what a user entered."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.actions import (
    BooleanField,
    DateField,
    EnumeratorField,
    Field,
    Form,
    HiddenField,
    LabelField,
    MultiEnumeratorField,
    NumberField,
    TextAreaField,
    TextField,
)
from ftrack_typed.errors import ActionInputError, ConfigurationTypeError, ConfigurationValueError

SIZES = {"Full size": "1", "Half size": "0.5"}


@pytest.mark.parametrize(
    ("field", "wire"),
    [
        (TextField("note"), {"type": "text", "name": "note", "label": "note", "value": ""}),
        (
            TextAreaField("note", "Note", "fine", hint="What is it about?"),
            {
                "type": "textarea",
                "name": "note",
                "label": "Note",
                "value": "fine",
                "empty_text": "What is it about?",
            },
        ),
        (HiddenField("step", value="2"), {"type": "hidden", "name": "step", "label": "step", "value": "2"}),
        (
            NumberField("handles", "Handles", 8),
            {"type": "number", "name": "handles", "label": "Handles", "value": 8},
        ),
        (NumberField("handles"), {"type": "number", "name": "handles", "label": "handles"}),
        (
            BooleanField("burn", "Burn in", True),
            {"type": "boolean", "name": "burn", "label": "Burn in", "value": True},
        ),
        (
            DateField("due", "Due", date(2026, 3, 1)),
            {"type": "date", "name": "due", "label": "Due", "value": "2026-03-01"},
        ),
        (
            EnumeratorField("size", SIZES, "Size", "1"),
            {
                "type": "enumerator",
                "name": "size",
                "label": "Size",
                "value": "1",
                "data": [{"label": "Full size", "value": "1"}, {"label": "Half size", "value": "0.5"}],
            },
        ),
        (
            MultiEnumeratorField("for", ["fx", ("Lighting", "light")], value=["fx"]),
            {
                "type": "enumerator",
                "name": "for",
                "label": "for",
                "value": ["fx"],
                "data": [{"label": "fx", "value": "fx"}, {"label": "Lighting", "value": "light"}],
                "multi_select": True,
            },
        ),
        (LabelField("## Now"), {"type": "label", "value": "## Now"}),
    ],
)
def test_fields_travel_as_servers_expect_them(field: Field[Any], wire: dict[str, Any]) -> None:
    assert field.to_wire() == wire
    assert json.loads(json.dumps(wire)) == wire


@pytest.mark.parametrize(
    ("field", "entered", "read"),
    [
        (TextField("a"), "text", "text"),
        (TextField("a"), None, ""),
        (TextField("a"), 3, "3"),
        (NumberField("a"), "12", 12),
        (NumberField("a"), 2.5, 2.5),
        (NumberField("a"), "", None),
        (BooleanField("a"), True, True),
        (BooleanField("a"), "false", False),
        (BooleanField("a"), "on", True),
        (BooleanField("a"), None, False),
        (DateField("a"), "2026-03-01", date(2026, 3, 1)),
        (DateField("a"), "2026-03-01T12:00:00", date(2026, 3, 1)),
        (DateField("a"), None, None),
        (EnumeratorField("a", SIZES), "0.5", "0.5"),
        (EnumeratorField("a", SIZES), "", None),
        (MultiEnumeratorField("a", ["x", "y"]), ["y", "x"], ["y", "x"]),
        (MultiEnumeratorField("a", ["x", "y"]), "x", ["x"]),
        (MultiEnumeratorField("a", ["x", "y"]), None, []),
        (LabelField("a"), "x", None),
    ],
)
def test_what_was_entered_is_read(field: Field[Any], entered: Any, read: Any) -> None:
    found = field.of({field.name: entered})
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("field", "entered", "message"),
    [
        (NumberField("a", "Frames"), "many", "Frames takes a number, not 'many'."),
        (NumberField("a", "Frames"), [1], r"Frames takes a number, not \[1\]."),
        (NumberField("a", "Frames"), "nan", "Frames takes a number, not 'nan'."),
        (DateField("a", "Due"), "tomorrow", "Due takes a date, not 'tomorrow'."),
        (EnumeratorField("a", SIZES, "Size"), "2", "Size takes one of Full size, Half size, not '2'."),
        (MultiEnumeratorField("a", ["x"]), ["x", "z"], "a takes one of x, not 'z'."),
    ],
)
def test_what_cannot_be_read_is_told_to_the_user(field: Field[Any], entered: Any, message: str) -> None:
    with pytest.raises(ActionInputError, match=message) as caught:
        field.of({"a": entered})
    assert caught.value.field == "a"


ALL: list[Field[Any]] = [
    TextField("a"),
    NumberField("a"),
    BooleanField("a"),
    DateField("a"),
    EnumeratorField("a", ["x"]),
    MultiEnumeratorField("a", ["x"]),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(field=st.sampled_from(ALL), entered=JSON)
def test_whatever_is_entered_is_read_or_refused(field: Field[Any], entered: Any) -> None:
    try:
        found = field.of({"a": entered})
    except ActionInputError:
        return
    assert field.of({"a": entered}) == found


def test_forms_hold_fields_and_texts() -> None:
    form = Form("## Burn in", TextField("note"), "---", title="Burn in", submit_label="Burn")
    assert form.to_wire() == {
        "items": [
            {"type": "label", "value": "## Burn in"},
            TextField("note").to_wire(),
            {"type": "label", "value": "---"},
        ],
        "title": "Burn in",
        "submit_button_label": "Burn",
    }


def test_mistakes_in_forms_are_told() -> None:
    with pytest.raises(ConfigurationValueError, match="Several fields of a form are named 'a'"):
        Form(TextField("a"), NumberField("a"))
    with pytest.raises(ConfigurationValueError, match="offers x, not 'y'"):
        EnumeratorField("a", ["x"], value="y")
    with pytest.raises(ConfigurationTypeError, match="name is a text"):
        TextField("")
