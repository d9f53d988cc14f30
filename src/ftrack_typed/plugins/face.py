"""What plugins are to a session's face. Rooms of plugins are imported where there are plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ftrack_typed.configuration import Configuration
    from ftrack_typed.events import EventHub
    from ftrack_typed.plugins.report import PluginReport
    from ftrack_typed.session import Session


class Plugged:
    """A base of the session: runs plugins, and tells them what happens to it."""

    _plugins: PluginReport | None = None

    if TYPE_CHECKING:
        _configuration: Configuration
        _hub: EventHub | None

    @property
    def plugins(self) -> PluginReport:
        """The plugins of this session: which are in use, which are not and why."""
        if self._plugins is None:
            from ftrack_typed.plugins.report import PluginReport

            return PluginReport()
        return self._plugins

    def _start_plugins(self) -> None:
        """Run the plugins, and give them the occasions they may have subscribed to."""
        session = cast("Session", self)
        configuration = self._configuration
        try:
            if configuration.plugin_paths:
                from ftrack_typed.plugins.running import run_plugins

                self._plugins = run_plugins(
                    session, configuration.plugin_paths, configuration.plugin_arguments
                )
            if self._hub is not None:
                from ftrack_typed.plugins import topics

                topics.construct_entity_types(session)
                topics.configure_locations(session)
                topics.tell_ready(session)
        except BaseException:
            session.close()
            raise

    def _tell_plugins_of_reset(self) -> None:
        if self._hub is not None:
            from ftrack_typed.plugins import topics

            topics.configure_locations(cast("Session", self))
            topics.tell_reset(cast("Session", self))
