"""Cohorts: which entities came together, and so are likely to be asked for the same attributes."""

from __future__ import annotations


class Cohort:
    """The entities at one place of one query's result, over all its pages.

    The place is the row itself, or what a path leads to from there: the statuses of all tasks are a cohort of
    their own. It knows no entities: these know their cohort.
    """

    __slots__ = ("_below",)

    def __init__(self) -> None:
        self._below: dict[str, Cohort] = {}

    def at(self, path: tuple[str, ...]) -> Cohort:
        """The cohort of what `path`, a sequence of wire names, leads to."""
        found = self
        for step in path:
            below = found._below.get(step)
            found = found._below.setdefault(step, Cohort()) if below is None else below
        return found
