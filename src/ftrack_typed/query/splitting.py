"""Splitting: one condition with a list too long for a request becomes several with parts of the list."""

from __future__ import annotations

from itertools import product

from ftrack_typed.query.criteria import Criterion, Values

VALUES_PER_REQUEST = 500
"""Values in one ``in (…)`` list; servers refuse expressions that grow too long (wire: protocol 3.10)."""


def conditions(criterion: Criterion | None, most: int = VALUES_PER_REQUEST) -> list[str]:
    """The texts that together match what `criterion` matches, each with at most `most` values in a list.

    Works because a list only stays apart from the text where matching any part of it means matching the
    whole: anywhere but below a negation. One text for most criteria, none for None.
    """
    if criterion is None:
        return []
    choices: list[list[str]] = []
    for part in criterion.parts:
        if isinstance(part, Values):
            literals = part.literals
            choices.append(
                [", ".join(literals[start : start + most]) for start in range(0, len(literals), most)]
            )
        else:
            choices.append([part])
    return ["".join(parts) for parts in product(*choices)]
