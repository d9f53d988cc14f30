"""Packages that import their names when they are first used offer what they list, and say what they lack."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

PACKAGES = sorted(
    ".".join(path.parent.relative_to(SOURCE).parts)
    for path in (SOURCE / "ftrack_typed").rglob("__init__.py")
    if "lazy_exports(" in path.read_text(encoding="utf-8")
)


def test_there_are_such_packages() -> None:
    assert {"ftrack_typed", "ftrack_typed.cache", "ftrack_typed.entity"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_a_package_lists_is_there_and_listed_by_dir(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is getattr(module, name), name
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_a_package_lacks_is_an_attribute_error_that_names_both(package: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(f"module '{package}' has no attribute 'Nothing'")):
        _ = import_module(package).Nothing
