"""Importing plugins: as modules of packages that are named after their search path."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.plugins.finding import PluginFile

_lock = ForkSafeLock()
_signatures: Final[dict[Path, tuple[int, int]]] = {}
"""The files as they were when they were last imported from."""


def import_plugin(file: PluginFile) -> ModuleType:
    """Import a file found below a search path.

    Each search path is a package of its own in ``sys.modules``, with the path's name and a hash in its name.
    So two files of one name don't meet, relative imports, dataclasses and pickling work, ``sys.path`` is neither
    needed nor changed, and all sessions of a process share one module.

    Raises:
        Exception: whatever the file raises; it is not left in ``sys.modules`` then.
    """
    with _lock:
        name = module_name(file)
        known = sys.modules.get(name)
        if known is not None and known.__spec__ is not None and known.__spec__.origin == str(file.path):
            return known
        parent = _package(file.root, file.steps[:-1]) if file.steps else None
        module = _executed(name, file.path, [str(file.path.parent)] if file.is_package else None)
        if parent is not None:
            setattr(parent, name.rpartition(".")[2], module)
        return module


def forget_changed(files: Iterable[PluginFile]) -> None:
    """Have what belongs to a search path imported anew, where a file below it was edited since it was imported."""
    with _lock:
        files = list(files)
        changed = {
            package_name(file.root)
            for file in files
            if _signatures.get(file.path, file.signature) != file.signature
        }
        for package in changed:
            for name in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
                del sys.modules[name]
        if changed:
            importlib.invalidate_caches()
        _signatures.update((file.path, file.signature) for file in files)


def module_name(file: PluginFile) -> str:
    """The full name a file is imported under."""
    steps = list(map(_step_name, file.steps))
    if not file.is_package and file.path.with_suffix("").is_dir():
        steps[-1] = _told_apart(file.steps[-1])  # the directory beside it is the package of that name
    return ".".join((package_name(file.root), *steps))


def package_name(root: Path) -> str:
    """The name of the package that stands for a search path; the same in every process on a machine."""
    real = os.path.normcase(os.path.realpath(root))
    return f"ftrack_plugins_{_identifier(root.name)}_{_short_hash(real)}"


def _package(root: Path, steps: tuple[str, ...]) -> ModuleType:
    """The package of a directory, made without executing anything where it has no ``__init__.py``."""
    directory, name = root, package_name(root)
    parent: ModuleType | None = None
    for step in ("", *steps):
        if step:
            directory, name = directory / step, f"{name}.{_step_name(step)}"
        module = sys.modules.get(name)
        if module is None:
            initial = directory / "__init__.py"
            if initial.is_file():
                module = _executed(name, initial, [str(directory)])
            else:
                spec = ModuleSpec(name, None, is_package=True)
                spec.submodule_search_locations = [str(directory)]
                module = sys.modules[name] = module_from_spec(spec)
            if parent is not None:
                setattr(parent, name.rpartition(".")[2], module)
        parent = module
    assert parent is not None
    return parent


def _executed(name: str, path: Path, search: list[str] | None) -> ModuleType:
    spec = spec_from_file_location(name, path, submodule_search_locations=search)
    if spec is None or spec.loader is None:  # pragma: no cover - a file named *.py always has a loader
        raise ImportError(f"{path} can't be imported", name=name, path=str(path))
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return sys.modules.get(name, module)


def _step_name(step: str) -> str:
    """How a file or directory is named within its package: as it is where relative imports can say that."""
    return step if step.isidentifier() else _told_apart(step)


def _told_apart(step: str) -> str:
    return f"{_identifier(step)}_{_short_hash(step)}"


def _identifier(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
