"""Expressions: which events a subscriber wants, which subscribers an event is for (wire: protocol 5.6).

``parse('topic=ftrack.update and source.user.username="ada"').matches(event)``
"""

from ftrack_typed.events.expressions.nodes import All, Any, Condition, Expression, Not
from ftrack_typed.events.expressions.parsing import parse

__all__ = ["All", "Any", "Condition", "Expression", "Not", "parse"]
