"""What changed between a generated package and the server, or between two packages, in the words of code."""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.drift.changes import Change as Change
    from ftrack_typed.drift.changes import by_importance as by_importance
    from ftrack_typed.drift.comparison import compare as compare
    from ftrack_typed.drift.live import OnDrift as OnDrift
    from ftrack_typed.drift.live import SchemaDrift as SchemaDrift
    from ftrack_typed.drift.picture import Picture as Picture
    from ftrack_typed.drift.picture import read_package as read_package
    from ftrack_typed.drift.reporting import FORMATS as FORMATS
    from ftrack_typed.drift.reporting import report as report

# Every session imports this package; few meet a server that differs.
_LAZY = {
    "FORMATS": "reporting",
    "Change": "changes",
    "OnDrift": "live",
    "Picture": "picture",
    "SchemaDrift": "live",
    "by_importance": "changes",
    "compare": "comparison",
    "read_package": "picture",
    "report": "reporting",
}

__all__ = [
    "FORMATS",
    "Change",
    "OnDrift",
    "Picture",
    "SchemaDrift",
    "by_importance",
    "compare",
    "read_package",
    "report",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
