from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ftrack_typed import cli
from ftrack_typed._version import __version__

COMMANDS = """
import sys
from ftrack_typed.command import Command
from ftrack_typed.errors import Error


def configure(parser):
    parser.add_argument("--how", choices=["well", "fail", "interrupt", "broken"], default="well")


def run(options):
    print("ran", options.how)
    if options.how == "fail":
        raise Error("it {failed}\\nbadly")
    if options.how == "interrupt":
        raise KeyboardInterrupt
    if options.how == "broken":
        import module_nobody_has
    return 0


WORK = Command("work", "Works.", None, configure, run)
SERVE = Command("serve", "Serves.", "local", configure, run)
NOTHING = object()
"""

ENTRY_POINTS = """
[ftrack_typed.commands]
work = invented_commands:WORK
nothing = invented_commands:NOTHING
gone = invented_gone:GONE
"""


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a distribution that offers further commands."""
    information = tmp_path / "invented-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: invented\nVersion: 1.0\n", encoding="utf-8"
    )
    (information / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (tmp_path / "invented_commands.py").write_text(COMMANDS, encoding="utf-8")
    (tmp_path / "invented_gone.py").write_text("import module_nobody_has\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield_path = tmp_path
    for module in ("invented_commands", "invented_gone"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return yield_path


def offer(invented: Path, name: str, target: str) -> None:
    """Make the distribution offer a command of ours instead of the real one."""
    file = invented / "invented-1.0.dist-info" / "entry_points.txt"
    file.write_text(f"{ENTRY_POINTS}{name} = {target}\n", encoding="utf-8")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ftrack_typed", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_lists_commands_without_importing_them(
    invented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "Run a local ftrack server." in text
    assert "Generate the typed package" in text
    assert "invented_commands" in text
    assert "invented_commands" not in sys.modules


def test_every_known_command_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in cli.KNOWN_COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"ftrack-typed {__version__}\n"


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: ftrack-typed" in capsys.readouterr().err


def test_a_misspelt_command_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["srve"])
    assert caught.value.code == 2
    assert "there is no command 'srve'. Did you mean 'serve'?" in capsys.readouterr().err


def test_a_command_runs(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["work", "--how", "well"]) == 0
    assert capsys.readouterr().out == "ran well\n"


def test_a_command_has_its_own_help(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["work", "--help"])
    assert caught.value.code == 0
    assert "--how" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["work", "--hwo"], ["work", "extra"], ["--hwo", "work"], ["work", "--how", "x"]]
)
def test_wrong_usage(invented: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_an_error_is_one_line(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["work", "--how", "fail"]) == 1
    assert capsys.readouterr().err == "error: it {failed} badly\n"


def test_an_interrupt(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["work", "--how", "interrupt"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_entry_point_that_is_no_command(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nothing"]) == 1
    assert "is object, not a Command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "arguments"), [("invented_gone:GONE", []), ("invented_commands:SERVE", ["--how", "broken"])]
)
def test_a_missing_extra_is_one_line(
    invented: Path, capsys: pytest.CaptureFixture[str], target: str, arguments: list[str]
) -> None:
    offer(invented, "serve", target)
    assert cli.main(["serve", *arguments]) == 2
    assert capsys.readouterr().err == (
        'ftrack-typed serve needs the "local" extra: pip install "ftrack-typed[local]"\n'
    )


def test_a_broken_command_of_others_shows_what_is_missing(invented: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="module_nobody_has"):
        cli.main(["gone"])


def test_as_a_module_in_its_own_process(invented: Path) -> None:
    assert run("--version").stdout == f"ftrack-typed {__version__}\n"
    failed = run("work", "--how", "fail")
    assert (failed.returncode, failed.stderr) == (1, "error: it {failed} badly\n")
    assert run("work", "--bogus").returncode == 2


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path) -> None:
    program = (
        "import importlib.metadata as metadata, sys\n"
        "from ftrack_typed import cli, command\n"
        "class Entry:\n"
        "    name, module = 'many', 'nowhere'\n"
        "    def load(self):\n"
        "        write = lambda options: [print('x' * 100) for _ in range(20_000)] and 0\n"
        "        return command.Command('many', 'Many lines', 'local', lambda parser: None, write)\n"
        "cli.entry_points = lambda group: [Entry()]\n"
        "sys.exit(cli.main(['many']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()
        assert process.wait(30) == 1
    assert complaints == b""
