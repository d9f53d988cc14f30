from __future__ import annotations

import copy
import inspect
import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed import errors
from ftrack_typed.errors import Error, ServerError, UnknownAttributeError, UnrecognisedEntityTypeError

EXAMPLES: list[Error] = [
    errors.Error("plain", {"why": 1}),
    errors.ConfigurationTypeError("no url", setting="server_url"),
    errors.ConfigurationValueError("bad url", setting="server_url"),
    errors.MissingExtraError("ftrack-typed regen", "codegen"),
    errors.ServerError("no", exception="X", content="c", code="e", status=500, entity_key=["a"]),
    errors.ServerCompatibilityError("old"),
    errors.AuthenticationError("who", status=401),
    errors.PermissionDeniedError("no", status=403),
    errors.ServerValidationError("bad"),
    errors.DuplicateEntryError("twice"),
    errors.NotFoundError("gone", status=404),
    errors.ConnectionFailedError("refused", sent=False, permanent=True),
    errors.OutcomeUnknown(
        [{"action": "create", "entity_type": "Task", "entity_key": ["t-1"]}, {"action": "create"}],
        "the line went dead.",
        errors.RequestTimeoutError("slow", sent=True, request_id="r-1", retry_after=2.5),
    ),
    errors.RequestTimeoutError("slow"),
    errors.MalformedResponseError("html", status=502, content_type="text/html", excerpt="<html>"),
    errors.ConnectionClosedError(),
    errors.UnencodableValueError("nan", path="[0].bid"),
    errors.InvalidDateError("no date"),
    errors.SchemaError("bad", entity_type="Task", property="x"),
    errors.UnsafeNameError("bad", entity_type="Task", property="x"),
    UnrecognisedEntityTypeError("Tsak", ["Task"]),
    UnknownAttributeError("Task", "statuss", ["status"]),
    errors.UnknownCustomAttributeError("Task.custom_attributes", "fpps", ["fps"]),
    errors.ImmutableAttributeError("Task", "id"),
    errors.ComputedAttributeError("Task", "link"),
    errors.ValueTypeError("Task", "bid", "a number", "many"),
    errors.DetachedEntityError("alone"),
    errors.ImmutableCollectionError("Task.ancestors"),
    errors.DuplicateItemInCollectionError("x", "Task.assignments"),
    errors.OperationError("no"),
    errors.InvalidStateError("no"),
    errors.ParseError("no", expression="Task where", position=4, hint="add a condition"),
    errors.NoResultFoundError("none"),
    errors.MultipleResultsFoundError("many"),
]


def test_every_public_error_derives_from_the_root() -> None:
    classes = [
        member
        for _, member in inspect.getmembers(errors, inspect.isclass)
        if issubclass(member, BaseException) and member.__module__.startswith(errors.__name__)
    ]
    assert len(classes) > 30
    assert all(issubclass(member, Error) for member in classes)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_pickling_and_copying_keep_everything(error: Error) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert twin.args == error.args
        assert twin.__dict__ == error.__dict__


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_the_message_is_the_first_argument(error: Error) -> None:
    assert error.args == (error.message,)
    assert repr(error.message) in repr(error)


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_printed(text: str) -> None:
    for error in (Error(text), UnknownAttributeError("Task", text), ServerError(text, content=text)):
        str(error).encode("utf-8")


def test_braces_have_no_meaning() -> None:
    assert str(Error("{missing} {0} {", {"given": 1})) == "{missing} {0} {"


def test_details_that_cannot_be_pickled_become_text() -> None:
    lock = threading.Lock()
    twin = pickle.loads(pickle.dumps(Error("x", {"lock": lock})))
    assert "lock" in repr(twin.details)


def test_key_errors_print_their_message_not_its_repr() -> None:
    assert str(UnrecognisedEntityTypeError("Tsak", ["Shot", "Task"])) == (
        "There is no entity type 'Tsak'. Did you mean 'Task'?"
    )


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.ConfigurationTypeError("x"), TypeError),
        (errors.ConfigurationValueError("x"), ValueError),
        (UnrecognisedEntityTypeError("x"), KeyError),
        (UnknownAttributeError("Task", "x"), KeyError),
        (UnknownAttributeError("Task", "x"), AttributeError),
        (errors.UnknownCustomAttributeError("Task.custom_attributes", "x"), KeyError),
        (errors.UnknownCustomAttributeError("Task.custom_attributes", "x"), ValueError),
        (errors.ImmutableAttributeError("Task", "x"), AttributeError),
        (errors.ValueTypeError("Task", "x", "a string", 1), TypeError),
        (errors.ValueTypeError("Task", "x", "a string", 1), ValueError),
        (errors.ParseError("x"), ValueError),
        (errors.MissingExtraError("x", "local"), ImportError),
    ],
)
def test_callers_may_catch_builtins(error: Error, builtin: type[Exception]) -> None:
    assert isinstance(error, builtin)


def test_an_unknown_attribute_behaves_as_one() -> None:
    class Thing:
        def __getattr__(self, name: str) -> object:
            raise UnknownAttributeError("Thing", name, ["status"])

    assert not hasattr(Thing(), "statuss")
    with pytest.raises(AttributeError, match="Did you mean 'status'"):
        _ = Thing().statuss


def test_suggestions_ignore_case_and_stay_silent_when_nothing_is_near() -> None:
    assert errors.suggestion("STATUS", ["status", "name"]) == " Did you mean 'status'?"
    assert errors.suggestion("zzz", ["status", "name"]) == ""


def test_long_values_are_shortened() -> None:
    error = errors.ValueTypeError("Task", "bid", "a number", "x" * 500)
    assert len(str(error)) < 150
    assert "(str)" in str(error)


FACTS: dict[str, Any] = {
    "sent": True,
    "status": 503,
    "code": "busy",
    "request_id": "r-1",
    "retry_after": 2.5,
    "operation_index": 1,
    "entity_type": "Task",
    "entity_key": ("t-1",),
}


@pytest.mark.parametrize("kind", [errors.ServerError, errors.TransportError, errors.ConnectionFailedError])
def test_errors_of_requests_tell_all_facts(kind: type[errors.RequestError]) -> None:
    for error in (kind("x", **FACTS), pickle.loads(pickle.dumps(kind("x", **FACTS)))):
        assert {name: getattr(error, name) for name in FACTS} == FACTS
        assert FACTS.items() <= error.details.items()
    assert {name: getattr(kind("x", sent=None), name) for name in FACTS} == dict.fromkeys(FACTS)


@pytest.mark.parametrize(
    "error",
    [error for error in EXAMPLES if isinstance(error, errors.RequestError)],
    ids=lambda e: type(e).__name__,
)
def test_every_error_of_a_request_has_the_facts(error: errors.RequestError) -> None:
    assert all(hasattr(error, name) for name in FACTS)


def test_an_unknown_outcome_takes_over_what_is_known() -> None:
    (error,) = (error for error in EXAMPLES if isinstance(error, errors.OutcomeUnknown))
    assert str(error) == "Whether the server carried out 2 create is not known: the line went dead."
    assert (error.sent, error.request_id, error.retry_after) == (True, "r-1", 2.5)
    assert [operation["action"] for operation in error.operations] == ["create", "create"]
