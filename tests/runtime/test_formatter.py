"""Entities as text."""

from __future__ import annotations

import pytest

from ftrack_entities import Note, Task, User
from ftrack_typed import Session, formatter
from ftrack_typed.symbol import NOT_SET


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "ANSI_COLORS_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


def test_header_and_sorted_labels(session: Session) -> None:
    user = session.query(User).first()
    assert user is not None
    lines = formatter.format(user).splitlines()
    assert lines[0] == "User"
    assert f" username: {user.username}" in lines
    labels = [line.partition(":")[0] for line in lines[1:] if not line.startswith("  ")]
    assert labels == sorted(labels)


def test_attributes_can_be_left_out(session: Session) -> None:
    with session.auto_populating(False):
        user = session.query(User).load(User.username).first()
        assert user is not None
        every = formatter.format(user)
        set_only = formatter.format(user, attribute_filter=formatter.FILTER["ignore_unset"])
    assert f"first_name: {NOT_SET}" in every
    assert "first_name" not in set_only
    assert f" username: {user.username}" in set_only


def test_references_are_nested_and_circles_end(scripted: Session) -> None:
    user = User(id="u", username="ada")
    note = Note(id="n", content="fine", author=user)
    task = Task(id="t", name="comp", notes=[note])
    shown = formatter.FILTER["ignore_unset"]
    own = [line for line in formatter.format(note, attribute_filter=shown).splitlines() if "[]" not in line]
    assert own[1:5] == [" author: User", "   id: u", "   username: ada", " content: fine"]
    assert " notes: 1 Note" in formatter.format(task, attribute_filter=shown)
    assert " notes: Note\n   author: User" in formatter.format(task, attribute_filter=shown, recursive=True)


def test_one_that_is_shown_further_out_is_not_repeated(session: Session) -> None:
    task = session.query(Task).load(Task.project.name, "project.children.name").first()
    assert task is not None
    text = formatter.format(task, recursive=True)
    assert "Task\n" in text
    within = session.query("select name, children.parent from Project").first()
    assert within is not None
    with session.auto_populating(False):
        nested = formatter.format(within, recursive=True)
    assert "parent: Project{...}" in nested


def test_indentation(scripted: Session) -> None:
    user = User(id="u")
    shown = formatter.FILTER["ignore_unset"]
    text = formatter.format(user, attribute_filter=shown, indent=4)
    assert text.startswith("    User\n     ")
    assert formatter.format(user, attribute_filter=shown, indent=4, indent_first_line=False) == text[4:]


def test_colours_are_the_readers_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    user = User(id="u")
    assert "\x1b" not in formatter.format(user)
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in formatter.format(user), "this is no terminal"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert formatter.format(user).startswith("\x1b[1mUser\x1b[0m")
    assert formatter.format(user, {"header": str.upper}).startswith("USER\n")
    monkeypatch.setenv("ANSI_COLORS_DISABLED", "1")
    assert "\x1b" not in formatter.format(user)
