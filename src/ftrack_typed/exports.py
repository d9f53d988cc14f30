"""Names that a package offers, each imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def lazy_exports(
    namespace: dict[str, object], modules: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package whose names are imported when they are first used.

    Checkers don't follow this: the package imports the same names where only they look, and lists them in
    ``__all__``.

    Args:
        namespace: The ``globals()`` of the package; what was imported is kept there.
        modules: Public name → the submodule that holds it, named from the package.
    """
    package = namespace["__name__"]

    def lazy_attribute(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        found = namespace[name] = getattr(import_module(f"{package}.{modules[name]}"), name)
        return found

    def names() -> list[str]:
        return sorted({*namespace, *modules})

    return lazy_attribute, names
