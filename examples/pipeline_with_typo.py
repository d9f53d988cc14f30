"""Two mistakes that a type checker finds before the script runs on the farm.

Both attributes are misspelt on purpose; ``make demo`` shows what mypy says about them.
"""

from __future__ import annotations

import ftrack_entities as studio
from ftrack_typed import Session


def print_running_tasks() -> None:
    """Print what is being worked on."""
    with Session(entities=studio) as session:
        for task in session.query(studio.Task).where(studio.Task.staus.name == "In progress"):  # status
            print(task.name, task.priorty.name)  # priority


if __name__ == "__main__":
    print_running_tasks()
