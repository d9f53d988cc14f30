"""The fixtures, in a pytest run of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "testing.md"


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory, as a studio would."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FTRACK_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_sessions_are_isolated_and_faults_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "test_studio.py").write_text(
        """
import os

import pytest
from ftrack_entities import Task
from ftrack_local.testing import Status
from ftrack_typed import Session
from ftrack_typed.errors import Error


@pytest.mark.parametrize("attempt", [1, 2])
def test_changes_are_undone(ftrack_session, ftrack_site, attempt):
    assert ftrack_session.query('Task where name is "changed"').all() == []
    task = ftrack_session.query(Task).first()
    task.name = "changed"
    ftrack_session.commit()
    assert ftrack_site.requests.count("update") == 1


def test_the_environment_leads_to_the_server(ftrack_site):
    assert os.environ["FTRACK_SERVER"] == ftrack_site.url
    with Session(schema_cache_path=False) as session:
        assert session.query("User").first() is not None


def test_the_server_stays_the_same(ftrack_server, ftrack_site):
    assert ftrack_server is ftrack_site


def test_a_fault_strikes(ftrack_session, ftrack_site):
    fault = ftrack_site.faults.add(Status(404), action="query")
    with pytest.raises(Error):
        ftrack_session.query(Task).first()
    assert fault.consumed


def test_a_fault_is_forgotten(ftrack_site):
    ftrack_site.faults.add(Status(503), action="create")


def test_afterwards_it_is_gone(ftrack_site):
    assert ftrack_site.faults.pending == []
""",
        encoding="utf-8",
    )
    done = run(tmp_path, "-rE")
    assert "7 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "Planned faults never struck: Status(code=503" in done.stdout


def test_settings_choose_schema_and_seed(tmp_path: Path) -> None:
    rows = [{"__entity_type__": "User", "id": "u-1", "username": "grace"}]
    (tmp_path / "studio.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nftrack_seed = studio.json\n", encoding="utf-8")
    (tmp_path / "test_studio.py").write_text(
        "def test_user(ftrack_session):\n"
        "    assert ftrack_session.api_user == 'grace'\n"
        "    assert [user['username'] for user in ftrack_session.query('User')] == ['grace']\n",
        encoding="utf-8",
    )
    done = run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("ftrack_seed = missing.json", "there is no file"),
        ("ftrack_schema = missing.json", "there is no file"),
        ("ftrack_seed_size = many", "a whole number from 1"),
    ],
)
def test_wrong_settings_say_what_is_wrong(tmp_path: Path, setting: str, reason: str) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{setting}\n", encoding="utf-8")
    (tmp_path / "test_studio.py").write_text("def test_it(ftrack_server): pass\n", encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode != 0
    assert f"{setting.split(' ')[0]} = " in done.stdout
    assert reason in done.stdout


def test_a_run_without_the_fixtures_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n"
        "def test_nothing_is_loaded():\n"
        "    heavy = {'ftrack_local', 'ftrack_typed', 'pydantic', 'requests', 'sqlalchemy', 'starlette', 'PIL'}\n"
        "    assert not heavy & set(sys.modules)\n",
        encoding="utf-8",
    )
    done = run(tmp_path, "-p", "no:hypothesispytest")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_examples_of_the_guide_work(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"^```python title=(\S+)\n(.*?)^```", text, re.M | re.S)
    assert len(examples) >= 2
    for name, code in examples:
        (tmp_path / name).write_text(code, encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
