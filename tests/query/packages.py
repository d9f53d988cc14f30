"""Generated packages that are imported for a while."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def imported(package: str, directory: Path) -> Iterator[Any]:
    """A package that lies in a directory; afterwards it is as if it had never been imported."""
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(package)
    finally:
        sys.path.remove(str(directory))
        for name in [name for name in sys.modules if name.startswith(package)]:
            del sys.modules[name]
