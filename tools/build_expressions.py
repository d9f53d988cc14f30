"""Compile the grammar of event expressions, ``expressions.lark``, to the tables the runtime parses with.

The runtime does without lark; this has it check the grammar and work out the tables, which are committed. They
depend on the grammar alone: states are numbered in the order they are reached.
"""

from __future__ import annotations

import argparse
import pprint
import subprocess
import sys
from pathlib import Path
from typing import Any

from lark import Lark

ROOM = Path(__file__).parent.parent / "src" / "ftrack_typed" / "events" / "expressions"

_HEAD = '''"""Tables of the parser of event expressions, compiled from expressions.lark. Do not edit.

Rebuild with ``python tools/build_expressions.py``.
"""

from __future__ import annotations

from typing import Final
'''


def main() -> int:
    """Write the tables if they are out of date, or with ``--check`` only tell; return the exit code."""
    parser = argparse.ArgumentParser(description="Compile the grammar of event expressions.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if the tables are out of date"
    )
    check = parser.parse_args().check

    path = ROOM / "tables.py"
    text = tables((ROOM / "expressions.lark").read_text(encoding="utf-8"))
    current = path.is_file() and path.read_text(encoding="utf-8") == text
    if not current and not check:
        path.write_text(text, encoding="utf-8", newline="\n")
    outcome = "out of date, run `python tools/build_expressions.py`" if check else "written"
    print(f"{path.name}: {'current' if current else outcome}")
    return 0 if current or not check else 1


def tables(grammar: str) -> str:
    """The text of the module of tables for a grammar."""
    compiled = Lark(grammar, parser="lalr", lexer="contextual", strict=False)
    table = compiled.parser.parser._parse_table  # lark has no public name for it
    rules = {rule: number for number, rule in enumerate(compiled.rules)}
    numbers = _numbered(table.states, table.start_states["start"])
    states = [
        {
            symbol: numbers[argument] if action.name == "Shift" else ~rules[argument]
            for symbol, (action, argument) in sorted(table.states[state].items())
        }
        for state in numbers
    ]
    terminals = sorted(compiled.terminals, key=lambda terminal: -terminal.priority)
    parts = (
        (
            "TERMINALS: Final[dict[str, str]]",
            {terminal.name: terminal.pattern.to_regexp() for terminal in terminals},
            "Regular expression of each terminal, those that are tried first in front.",
        ),
        (
            "IGNORED: Final[tuple[str, ...]]",
            tuple(compiled.ignore_tokens),
            "Terminals that mean nothing.",
        ),
        (
            "RULES: Final[tuple[tuple[str, int, str | None], ...]]",
            tuple(
                (str(rule.origin.name), len(rule.expansion), rule.alias and str(rule.alias)) for rule in rules
            ),
            "What each rule makes, of how many parts, and how; None for what its only part is.",
        ),
        (
            "STATES: Final[tuple[dict[str, int], ...]]",
            tuple(states),
            "What a symbol does in each state: the state that follows, or the inverted number of the rule that is\n"
            "complete. The first state is where parsing begins.",
        ),
    )
    body = "\n".join(
        f'{name} = {pprint.pformat(value, sort_dicts=False)}\n"""{about}"""\n' for name, value, about in parts
    )
    return _formatted(f"{_HEAD}\n{body}")


def _numbered(states: Any, start: Any) -> dict[Any, int]:
    numbers = {start: 0}
    reached = [start]
    for state in reached:  # grows while it is walked
        for _, (action, argument) in sorted(states[state].items()):
            if action.name == "Shift" and argument not in numbers:
                numbers[argument] = len(numbers)
                reached.append(argument)
    return numbers


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(ROOM / "tables.py"), "-"]
    done = subprocess.run(ruff, input=text, capture_output=True, encoding="utf-8", check=True, timeout=60)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
