"""What actions answer with (wire: protocol 5.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ftrack_typed.actions.fields import Field, LabelField
from ftrack_typed.errors import ActionError, ConfigurationValueError


@dataclass(frozen=True)
class MenuItem:
    """An entry of the menu of actions."""

    label: str
    """What it is called; items of one label are shown as one, with their variants."""
    variant: str | None = None
    """What sets it apart from others of this label."""
    description: str | None = None
    """What it does."""
    icon: str | None = None
    """URL of an image, or a name the web interface knows."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the launch of this item is told besides; ``event.model_extra`` there."""

    def to_wire(self, identifier: str) -> dict[str, Any]:
        """The item as it travels.

        Args:
            identifier: Of the action it launches.
        """
        known = {
            "label": self.label,
            "variant": self.variant,
            "description": self.description,
            "icon": self.icon,
            "actionIdentifier": identifier,
        }
        return {**self.extra, **{name: value for name, value in known.items() if value is not None}}


@dataclass(frozen=True)
class Message:
    """The end of an action, with what the user is told."""

    text: str
    success: bool = True


@dataclass(frozen=True)
class Widget:
    """A page shown to the user."""

    url: str
    title: str | None = None


class Form:
    """Asks the user. What is entered comes with the next launch, where the fields read it.

    Args:
        fields: The fields, from top to bottom; texts stand between them as they are.
        title: Headline.
        submit_label: What the button says.

    Raises:
        ConfigurationValueError: when two fields have one name.
    """

    fields: tuple[Field[Any], ...]
    """The fields."""
    title: str | None
    """The headline."""
    submit_label: str | None
    """What the button says."""

    def __init__(
        self, *fields: Field[Any] | str, title: str | None = None, submit_label: str | None = None
    ) -> None:
        self.fields = tuple(LabelField(each) if isinstance(each, str) else each for each in fields)
        self.title = title
        self.submit_label = submit_label
        counted = Counter(each.name for each in self.fields if not isinstance(each, LabelField))
        twice = [name for name, count in counted.items() if count > 1]
        if twice:
            raise ConfigurationValueError(f"Several fields of a form are named {twice[0]!r}.", setting="name")

    def to_wire(self) -> dict[str, Any]:
        """The form as it travels."""
        wire: dict[str, Any] = {"items": [each.to_wire() for each in self.fields]}
        if self.title is not None:
            wire["title"] = self.title
        if self.submit_label is not None:
            wire["submit_button_label"] = self.submit_label
        return wire


Reply: TypeAlias = Message | Form | Widget | Mapping[str, Any] | str | bool | None
"""What a launch may return: a message, also as text alone or as whether it went well; a form or page to show; the
reply itself as it travels; nothing when it went well."""


def reply_to_wire(reply: Reply, label: str) -> dict[str, Any]:
    """The reply to a launch as it travels.

    Args:
        reply: What the launch returned.
        label: Of the action.

    Raises:
        ActionError: when it is none of what it may be.
    """
    if isinstance(reply, str):
        reply = Message(reply)
    elif reply is None or isinstance(reply, bool):
        reply = Message(f"{label}: {'failed.' if reply is False else 'done.'}", success=reply is not False)
    if isinstance(reply, Message):
        return {"success": reply.success, "message": reply.text}
    if isinstance(reply, Form):
        return reply.to_wire()
    if isinstance(reply, Widget):
        titled = {} if reply.title is None else {"title": reply.title}
        return {"type": "widget", "url": reply.url, **titled}
    if isinstance(reply, Mapping):
        return dict(reply)
    raise ActionError(
        f"The launch of {label} returned {reply!r}; return a text, a Message, a Form, a Widget, a mapping, or None."
    )


def menu_to_wire(items: Iterable[MenuItem], identifier: str) -> dict[str, Any] | None:
    """The reply to a request for actions, None when there is nothing to offer."""
    sent = [item.to_wire(identifier) for item in items]
    return {"items": sent} if sent else None
