"""Plugins of a session: what runs, what fails, and what that costs."""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import ConfigurationTypeError

Write = Callable[[str, str], Path]
Open = Callable[..., Session]


def test_a_plugin_is_given_the_session_and_its_arguments(
    open_session: Open, write: Write, plugins: Path
) -> None:
    write("a.py", "def register(session, scope=None, **kw): kw['told'].append((session.api_user, scope))")
    told: list[tuple[str, str]] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"scope": "all", "told": told})
    assert told == [(session.api_user, "all")]
    assert [plugin.file.name for plugin in session.plugins.loaded] == ["a.py"]
    assert not session.plugins.failed


def test_paths_come_from_the_environment(
    open_session: Open, write: Write, plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("one/a.py", "def register(): pass")
    write("two/b.py", "def register(): pass")
    paths = [str(plugins / "two"), "", "  ", str(plugins / "one")]
    monkeypatch.setenv("FTRACK_EVENT_PLUGIN_PATH", os.pathsep.join(paths))
    assert [plugin.file.name for plugin in open_session().plugins.loaded] == ["b.py", "a.py"]
    assert open_session(plugin_paths=[]).plugins.loaded == ()


def test_a_session_can_be_used_fully_in_register(open_session: Open, write: Write, plugins: Path) -> None:
    write(
        "a.py",
        """
        from ftrack_entities import Task

        def register(session, told):
            told.append(session.query(Task).first().project.name)
            told.append(session.create("Task", {"name": "made"})["name"])
            session.rollback()
        """,
    )
    told: list[str] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert not session.plugins.failed
    assert told[0]
    assert told[1] == "made"


BROKEN = {
    "import.py": ("import nothing_like_this\n", "ModuleNotFoundError", 1),
    "syntax.py": ("x = 1\ndef register(:\n", "SyntaxError", 2),
    "exit.py": ("import sys\n\nsys.exit('no licence')\n", "SystemExit: no licence", 3),
    "raises.py": ("def register(session):\n    raise ValueError('{boom}')\n", "ValueError: {boom}", 2),
    "deep.py": (
        "import json\ndef register(session):\n    check()\ndef check():\n    json.loads('{')\n",
        "JSONDecodeError",
        5,
    ),
    "quits.py": ("def register(session):\n    raise SystemExit(3)\n", "SystemExit: 3", 2),
    "lacks.py": ("\n\ndef register(session, licence):\n    pass\n", "'licence'", 3),
    "coroutine.py": ("async def register(session):\n    pass\n", "coroutine", 1),
    "none.py": ("x = 1\n", "no function register(session)", None),
    "odd.py": ("register = 3\n", "no function register(session)", None),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_fails_costs_nothing_but_itself(
    name: str, open_session: Open, write: Write, plugins: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text, problem, line = BROKEN[name]
    broken = write(name, text)
    write("zzz.py", "def register(session): pass")
    caplog.set_level(logging.DEBUG, logger="ftrack_typed.plugins")
    session = open_session(plugin_paths=[plugins])
    (failed,) = session.plugins.failed
    assert (failed.file, failed.line) == (broken, line)
    assert problem in str(failed.problem)
    assert [plugin.file.name for plugin in session.plugins.loaded] == ["zzz.py"]
    assert session.query("Task").first() is not None
    warning, *details = [record for record in caplog.records if record.name == "ftrack_typed.plugins"]
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith(f"Plugin not used: {broken}{'' if line is None else f':{line}'}: ")
    assert [("Traceback" in record.getMessage(), record.levelname) for record in details] == (
        [] if line is None else [(True, "DEBUG")]
    )


def test_the_key_is_not_told(
    open_session: Open,
    write: Write,
    plugins: Path,
    caplog: pytest.LogCaptureFixture,
    local_server: LocalServer,
) -> None:
    write("a.py", "def register(session): raise ValueError(f'https://x/?key={session.api_key}')")
    caplog.set_level(logging.DEBUG)
    session = open_session(plugin_paths=[plugins])
    assert "https://x/?key=…" in str(session.plugins)
    assert local_server.api_key not in str(session.plugins)
    assert local_server.api_key not in "".join(r.getMessage() for r in caplog.records if "plugins" in r.name)


def test_keyboard_interrupts_are_not_held_up(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", "def register(session, told): told.append(session); raise KeyboardInterrupt")
    told: list[Session] = []
    with pytest.raises(KeyboardInterrupt):
        open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told[0].closed


def test_modules_are_importable_and_shared(open_session: Open, write: Write, plugins: Path) -> None:
    write("studio/_names.py", "PREFIX = 'studio.'")
    write(
        "studio/main.py",
        """
        from __future__ import annotations

        import dataclasses
        import pickle

        from . import _names
        from .other import OTHER

        @dataclasses.dataclass
        class Job:
            name: str
            rest: list[str] = dataclasses.field(default_factory=list)

        def register(session, told):
            told.append(Job(_names.PREFIX + OTHER))
            assert pickle.loads(pickle.dumps(told[-1])) == told[-1]
        """,
    )
    write("studio/other.py", "OTHER = 'other'\ndef register(): pass")
    path, modules = list(sys.path), set(sys.modules)
    told: list[object] = []
    first = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert not first.plugins.failed, first.plugins
    assert str(told[0]) == "Job(name='studio.other', rest=[])"
    assert sys.path == path
    added = {name for name in set(sys.modules) - modules if name.startswith("ftrack_plugins_")}
    assert len({name.partition(".")[0] for name in added}) == 1
    open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert type(told[0]) is type(told[1])
    assert pickle.loads(pickle.dumps(told[0])) == told[1]


def test_files_of_one_name_do_not_meet(open_session: Open, write: Write, plugins: Path) -> None:
    for name in ("one/tool.py", "two/tool.py", "with-dash/tool.py", "with.dot/my tool.py", "two.py"):
        write(name, f"HERE = {name!r}\ndef register(session, told): told.append(HERE)")
    told: list[str] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told == ["two.py", "one/tool.py", "two/tool.py", "with-dash/tool.py", "with.dot/my tool.py"]
    names = [str(plugin.module) for plugin in session.plugins.loaded]
    assert len(set(names)) == 5
    assert [sys.modules[name].HERE for name in names] == told


def test_a_package_may_be_the_plugin_or_none(open_session: Open, write: Write, plugins: Path) -> None:
    write("plain/__init__.py", "VALUE = 1")
    write("plain/a.py", "from . import VALUE\ndef register(session, told): told.append(VALUE)")
    write("whole/__init__.py", "from ._inner import register")
    write("whole/_inner.py", "def register(session, told): told.append('whole')")
    told: list[object] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told == [1, "whole"]
    assert not session.plugins.failed


def test_an_edited_plugin_is_imported_anew(open_session: Open, write: Write, plugins: Path) -> None:
    write("_text.py", "TEXT = 'before'")
    write("a.py", "from ._text import TEXT\ndef register(session, told): told.append(TEXT)")
    told: list[str] = []
    open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    write("_text.py", "TEXT = 'afterwards'")
    open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told == ["before", "afterwards"]


def test_a_fork_tells_of_the_plugins_without_running_them(
    open_session: Open, write: Write, plugins: Path
) -> None:
    write("a.py", "def register(session, told): told.append(1)")
    told: list[int] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    with session.fork() as other:
        assert other.plugins == session.plugins
    assert told == [1]


def test_a_plugin_may_open_sessions_of_its_own(open_session: Open, write: Write, plugins: Path) -> None:
    write(
        "a.py",
        """
        from ftrack_typed import Session

        def register(session, told, **options):
            with Session(session.server_url, session.api_key, session.api_user, **options) as other:
                told.append(str(other.plugins))
        """,
    )
    write("b.py", "def register(session): pass")
    told: list[str] = []
    options = {"plugin_paths": [plugins], "schema_cache_path": plugins.parent}
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told, **options})
    assert [plugin.file.name for plugin in session.plugins.loaded] == ["a.py", "b.py"]
    assert told == [
        f"loaded {plugins / 'b.py'}\nskipped {plugins / 'a.py'}: its register is what made this session"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plugin_paths": "/studio/plugins"}, "write plugin_paths="),
        ({"plugin_paths": [3]}, "plugin_paths takes paths, not 3"),
        ({"plugin_arguments": [("a", 1)]}, "plugin_arguments takes a mapping"),
        ({"plugin_arguments": {3: 1}}, "plugin_arguments takes a mapping"),
    ],
)
def test_wrong_settings_are_told(open_session: Open, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationTypeError, match=message):
        open_session(**options)
