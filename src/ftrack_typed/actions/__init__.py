"""Actions: entries of the web interface's menu that run Python code.

Derive from `Action`, say what it is called, write ``launch``, and ``register`` it. See docs/actions.md.
"""

from ftrack_typed.actions.action import Action
from ftrack_typed.actions.fields import (
    BooleanField,
    DateField,
    EnumeratorField,
    Field,
    HiddenField,
    LabelField,
    MultiEnumeratorField,
    NumberField,
    TextAreaField,
    TextField,
)
from ftrack_typed.actions.replies import Form, MenuItem, Message, Reply, Widget
from ftrack_typed.actions.selection import Selection
from ftrack_typed.actions.showing import show

__all__ = [
    "Action",
    "BooleanField",
    "DateField",
    "EnumeratorField",
    "Field",
    "Form",
    "HiddenField",
    "LabelField",
    "MenuItem",
    "Message",
    "MultiEnumeratorField",
    "NumberField",
    "Reply",
    "Selection",
    "TextAreaField",
    "TextField",
    "Widget",
    "show",
]
