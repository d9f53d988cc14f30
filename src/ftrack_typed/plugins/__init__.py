"""Plugins: Python files that are given each session when it starts.

A plugin is a file with a function ``register(session, **plugin_arguments)``. It subscribes to events, adds methods
to entity classes, offers actions. See docs/plugins.md.
"""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.plugins.arguments import fitting_arguments as fitting_arguments
    from ftrack_typed.plugins.arguments import register_arguments as register_arguments
    from ftrack_typed.plugins.finding import PluginFile as PluginFile
    from ftrack_typed.plugins.finding import find_plugins as find_plugins
    from ftrack_typed.plugins.importing import import_plugin as import_plugin
    from ftrack_typed.plugins.report import Plugin as Plugin
    from ftrack_typed.plugins.report import PluginReport as PluginReport
    from ftrack_typed.plugins.running import call_register as call_register
    from ftrack_typed.plugins.running import run_plugins as run_plugins

# Every session imports this package; few have plugins.
_LAZY = {
    "Plugin": "report",
    "PluginFile": "finding",
    "PluginReport": "report",
    "call_register": "running",
    "find_plugins": "finding",
    "fitting_arguments": "arguments",
    "import_plugin": "importing",
    "register_arguments": "arguments",
    "run_plugins": "running",
}

__all__ = [
    "Plugin",
    "PluginFile",
    "PluginReport",
    "call_register",
    "find_plugins",
    "fitting_arguments",
    "import_plugin",
    "register_arguments",
    "run_plugins",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
