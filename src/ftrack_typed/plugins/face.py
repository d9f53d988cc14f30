"""What plugins are to a session's face."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ftrack_typed.plugins import topics
from ftrack_typed.plugins.report import PluginReport

if TYPE_CHECKING:
    from ftrack_typed.configuration import Configuration
    from ftrack_typed.session import Session


class Plugged:
    """A base of the session: runs plugins, and tells them what happens to it."""

    if TYPE_CHECKING:
        _configuration: Configuration
        _plugins: PluginReport

    @property
    def plugins(self) -> PluginReport:
        """The plugins of this session: which are in use, which are not and why."""
        return self._plugins

    def _start_plugins(self) -> None:
        """Run the plugins, and give them the occasions they may have subscribed to."""
        session = cast("Session", self)
        configuration = self._configuration
        self._plugins = PluginReport()
        try:
            if configuration.plugin_paths:
                from ftrack_typed.plugins.running import run_plugins

                self._plugins = run_plugins(
                    session, configuration.plugin_paths, configuration.plugin_arguments
                )
            topics.construct_entity_types(session)
            topics.configure_locations(session)
            topics.tell_ready(session)
        except BaseException:
            session.close()
            raise

    def _tell_plugins_of_reset(self) -> None:
        session = cast("Session", self)
        topics.configure_locations(session)
        topics.tell_reset(session)
