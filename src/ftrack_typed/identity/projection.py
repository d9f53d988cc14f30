"""Projections as a tree: which attributes of which related entities a query loads."""

from __future__ import annotations

import re
from collections.abc import Iterable

STEP = re.compile(r"([A-Za-z_]\w*)(?:\[(\w+)\])?")
"""One step of a path: an attribute, and the type it is cast to."""


class Projection:
    """The attributes loaded of one entity, by wire name, each with what is loaded below it."""

    __slots__ = ("attributes",)

    def __init__(self, attributes: dict[str, Projection] | None = None) -> None:
        self.attributes: dict[str, Projection] = {} if attributes is None else attributes


def projection_tree(paths: Iterable[str]) -> Projection | None:
    """Arrange dotted paths as a tree.

    Returns:
        None when a path is something other than attribute names (an aggregate, ``__permissions``): such
        rows have no fixed shape.
    """
    root = Projection()
    for path in paths:
        node = root
        for step in path.split("."):
            match = STEP.fullmatch(step.strip())
            if match is None or match[1].startswith("__"):
                return None
            # A cast (`parent[Shot].name`) restricts which rows carry the attribute, not where it arrives.
            node = node.attributes.setdefault(match[1], Projection())
    return root
