"""Running plugins: each on its own, so that one that fails costs nothing but itself."""

from __future__ import annotations

import inspect
import logging
import threading
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ftrack_typed.plugins.arguments import register_arguments
from ftrack_typed.plugins.finding import PluginFile, find_plugins
from ftrack_typed.plugins.importing import forget_changed, import_plugin
from ftrack_typed.plugins.report import Plugin, PluginReport

if TYPE_CHECKING:
    from ftrack_typed.session import Session

_logger = logging.getLogger("ftrack_typed.plugins")

_registering = threading.local()
"""`files`: the plugins this thread is in the `register` of."""

REGISTER: Final = "register"
"""Name of the function that makes a file a plugin."""


def run_plugins(session: Session, paths: Iterable[Path], arguments: Mapping[str, Any]) -> PluginReport:
    """Find, import and register the plugins below some paths; report what became of them.

    Whatever a plugin raises, `SystemExit` too, is logged as one warning that names file and line, with its
    traceback at debug level; the others are run all the same. Only `KeyboardInterrupt` ends it.
    """
    files, skipped = find_plugins(paths)
    forget_changed(files)
    loaded: list[Plugin] = []
    failed: list[Plugin] = []
    outer: tuple[Path, ...] = getattr(_registering, "files", ())
    for file in files:
        if file.is_helper:
            continue
        if file.path in outer:
            # Or it would be called for the session it makes there, and so on.
            skipped.append(Plugin(file.path, problem="its register is what made this session"))
            continue
        _registering.files = (*outer, file.path)
        try:
            outcome = _run(session, file, arguments)
        finally:
            _registering.files = outer
        if outcome is not None:
            (loaded if outcome.problem is None else failed).append(outcome)
    for plugin in skipped:
        _logger.debug("Plugin path passed over: %s.", plugin)
    return PluginReport(tuple(loaded), tuple(skipped), tuple(failed))


def call_register(module: ModuleType, session: Session, arguments: Mapping[str, Any]) -> None:
    """Call the ``register`` of a module with the session and what it takes of the arguments.

    Raises:
        AttributeError: when it has none.
        TypeError: when it can't be called with what there is, or is a coroutine function.
        Exception: whatever it raises.
    """
    register: Any = getattr(module, REGISTER)
    if inspect.iscoroutinefunction(register):
        raise TypeError("register is a coroutine function; nothing would await it.")
    positional, keywords = register_arguments(register, session, arguments)
    register(*positional, **keywords)


def _run(session: Session, file: PluginFile, arguments: Mapping[str, Any]) -> Plugin | None:
    """Run one plugin; None for a package that is none."""
    name: str | None = None
    register: Any = None
    try:
        module = import_plugin(file)
        name = module.__name__
        register = getattr(module, REGISTER, None)
        if not callable(register):
            if file.is_package:
                return None
            problem = f"it has no function {REGISTER}(session); name helpers with a leading underscore."
            return _told(Plugin(file.path, name, problem), "")
        call_register(module, session, arguments)
    except (Exception, SystemExit) as error:
        # People's texts may quote a URL or a header of the session.
        reason = _without_key(f"{type(error).__name__}: {error}".rstrip(": "), session)
        told = _without_key("".join(traceback.format_exception(error)), session)
        return _told(Plugin(file.path, name, reason, _line(error, file.path, register)), told)
    return Plugin(file.path, name)


def _told(plugin: Plugin, details: str) -> Plugin:
    _logger.warning("Plugin not used: %s", plugin)
    if details:
        _logger.debug("%s", details)
    return plugin


def _without_key(text: str, session: Session) -> str:
    return text.replace(session.api_key, "…")


def _line(error: BaseException, path: Path, register: Any) -> int | None:
    """The innermost line of the plugin that an error came through, else the one its ``register`` stands on."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    code = getattr(inspect.unwrap(register), "__code__", None) if callable(register) else None
    return lines[-1] if lines else getattr(code, "co_firstlineno", None)
