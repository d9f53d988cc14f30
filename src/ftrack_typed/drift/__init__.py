"""What changed between a generated package and the server, or between two packages, in the words of code."""

from ftrack_typed.drift.changes import Change, by_importance
from ftrack_typed.drift.compare import compare
from ftrack_typed.drift.live import OnDrift, SchemaDrift
from ftrack_typed.drift.picture import Picture, read_package
from ftrack_typed.drift.report import FORMATS, report

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
