"""docs/compatibility.md: its examples run, and what it calls the same is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ftrack_typed
from ftrack_local import LocalServer
from ftrack_typed import Session, cache, formatter, inspection
from ftrack_typed.unit_of_work import operations

TEXT = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session with a server of its own: the examples change what they find."""
    with (
        LocalServer(seed="demo") as server,
        Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as opened,
    ):
        yield opened


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_run(session: Session, number: int) -> None:
    exec(compile(EXAMPLES[number], "compatibility.md", "exec"), {"session": session})
    assert not session.recorded_operations


def test_what_is_the_same_is_there(session: Session) -> None:
    told = TEXT.partition("\n## The same")[2].partition("\n* Results")[0].partition("* `query`")[2]
    names = re.findall(r"`(\w+)`", f"`query`{told}")
    assert len(names) >= 24
    for name in names:
        assert hasattr(session, name), name


def test_what_is_elsewhere_is_there() -> None:
    assert ftrack_typed.NOT_SET is not None
    for module, name in (
        (cache, "LayeredCache"),
        (formatter, "format"),
        (inspection, "identity"),
        (operations, "CreateEntityOperation"),
    ):
        assert hasattr(module, name)
