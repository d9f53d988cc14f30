"""Plugins: Python files that are given each session when it starts.

A plugin is a file with a function ``register(session, **plugin_arguments)``. It subscribes to events, adds methods
to entity classes, offers actions. See docs/plugins.md.
"""

from ftrack_typed.plugins.arguments import fitting_arguments, register_arguments
from ftrack_typed.plugins.finding import PluginFile, find_plugins
from ftrack_typed.plugins.importing import import_plugin
from ftrack_typed.plugins.report import Plugin, PluginReport
from ftrack_typed.plugins.running import call_register, run_plugins

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
