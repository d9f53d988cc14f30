"""Which names a generated package may have."""

from __future__ import annotations

import keyword
import sys

from .errors import OutputError

_OURS = frozenset({"ftrack_codegen", "ftrack_local", "ftrack_typed"})


def require_package_name(name: str) -> str:
    """Let a name through that can be imported and hides nothing.

    Raises:
        OutputError: for anything else, saying why.
    """
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise OutputError(
            f"{name!r} can't be the name of a package: it takes letters, digits and underscores, not "
            "starting with a digit, for example studio_entities."
        )
    if name.startswith("__"):
        raise OutputError(f"{name!r} can't be the name of a package: Python keeps such names for itself.")
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        raise OutputError(f"A package {name!r} would hide the module of that name in Python itself.")
    if name in _OURS:
        raise OutputError(f"A package {name!r} would hide a part of ftrack-typed.")
    return name
