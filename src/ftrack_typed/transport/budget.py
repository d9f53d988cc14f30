"""Budgets: how many calls a piece of code may cost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ftrack_typed.errors import BudgetExceededError, ConfigurationValueError

if TYPE_CHECKING:
    from ftrack_typed.caller import Line


class Budget(NamedTuple):
    """What may be spent within one block, and where it was spent."""

    calls: int
    spent: Counter[Line]

    @property
    def left(self) -> int:
        """Calls that may still be made."""
        return self.calls - sum(self.spent.values())


class Budgets:
    """The budgets in force, those of each thread by themselves. Outside of any, calls cost nothing extra."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def limit(self, calls: int) -> Iterator[Budget]:
        """Allow this thread at most `calls` calls within a ``with`` block; blocks may be nested.

        Raises:
            ConfigurationValueError: when `calls` is no number from 0.
        """
        given: object = calls
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            raise ConfigurationValueError(
                f"A budget is a number of calls from 0, not {calls!r}.", setting="calls"
            )
        budget = Budget(calls, Counter())
        before: tuple[Budget, ...] = getattr(self._local, "budgets", ())
        self._local.budgets = (*before, budget)
        try:
            yield budget
        finally:
            self._local.budgets = before

    def spend(self) -> None:
        """Count a call in all budgets of this thread.

        Raises:
            BudgetExceededError: when one of them has nothing left; the call is not counted then.
        """
        budgets: tuple[Budget, ...] = getattr(self._local, "budgets", ())
        if not budgets:
            return
        from ftrack_typed.caller import calling_line

        line = calling_line()
        for budget in reversed(budgets):
            if budget.left <= 0:
                spent = {str(where): count for where, count in budget.spent.items()}
                raise BudgetExceededError(budget.calls, spent, str(line))
        for budget in budgets:
            budget.spent[line] += 1
