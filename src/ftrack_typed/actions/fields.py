"""Fields of the forms that actions ask with: how they look, and what the user entered in them.

wire: an item of a form is a dictionary with ``type``, ``name``, ``label`` and ``value``; what the user entered comes
as ``data.values`` of the next launch, by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from ftrack_typed.errors import ActionInputError, ConfigurationTypeError, ConfigurationValueError

T_co = TypeVar("T_co", covariant=True)

Options: TypeAlias = Mapping[str, str] | Iterable[str | tuple[str, str]]
"""Choices: texts, pairs of label and value, or a mapping of labels to values."""


class Field(Generic[T_co]):
    """One field of a form. The type parameter is what :meth:`of` gives.

    Args:
        name: Key of what the user enters; unique in its form.
        label: What stands before the field; its name when omitted.
        value: What the field starts with.
        hint: What an empty field shows.
    """

    kind: ClassVar[str]
    """What the server calls such fields."""

    name: str
    """Key of what the user enters."""
    label: str
    """What stands before the field."""
    value: Any
    """What the field starts with, as it is sent; None for nothing."""
    hint: str | None
    """What the empty field shows."""

    def __init__(
        self, name: str, label: str | None = None, value: Any = None, hint: str | None = None
    ) -> None:
        given: object = name
        if not isinstance(given, str) or not given:
            raise ConfigurationTypeError(f"A field's name is a text, not {name!r}.", setting="name")
        self.name = name
        self.label = name if label is None else label
        self.value = value
        self.hint = hint

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def of(self, values: Mapping[str, Any]) -> T_co:
        """What the user entered here.

        Args:
            values: The values :meth:`Action.launch` is given.

        Raises:
            ActionInputError: when it can't be read; its text is shown to the user.
        """
        return self._read(values.get(self.name))

    def _read(self, entered: Any) -> T_co:
        raise NotImplementedError

    def _refuse(self, what: str, entered: Any) -> ActionInputError:
        return ActionInputError(f"{self.label} takes {what}, not {entered!r}.", field=self.name)

    def to_wire(self) -> dict[str, Any]:
        """The field as it travels."""
        wire = {"type": self.kind, "name": self.name, "label": self.label}
        if self.value is not None:
            wire["value"] = self.value
        if self.hint is not None:
            wire["empty_text"] = self.hint
        return wire


class TextField(Field[str]):
    """A line of text; empty when nothing was entered."""

    kind = "text"

    def __init__(self, name: str, label: str | None = None, value: str = "", hint: str | None = None) -> None:
        super().__init__(name, label, value, hint)

    def _read(self, entered: Any) -> str:
        return "" if entered is None else str(entered)


class TextAreaField(TextField):
    """Several lines of text."""

    kind = "textarea"


class HiddenField(TextField):
    """A text the user does not see, for what the next launch has to know."""

    kind = "hidden"


class NumberField(Field["float | None"]):
    """A number; None when nothing was entered."""

    kind = "number"

    def __init__(
        self, name: str, label: str | None = None, value: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(name, label, value, hint)

    def _read(self, entered: Any) -> float | None:
        if entered is None or entered == "":
            return None
        try:
            number = float(entered)
        except (TypeError, ValueError, OverflowError):
            raise self._refuse("a number", entered) from None
        if not math.isfinite(number):
            raise self._refuse("a number", entered)
        return int(number) if number.is_integer() else number


class BooleanField(Field[bool]):
    """A box to tick."""

    kind = "boolean"

    def __init__(self, name: str, label: str | None = None, value: bool = False) -> None:
        super().__init__(name, label, value)

    def _read(self, entered: Any) -> bool:
        if isinstance(entered, str):
            return entered.strip().lower() not in ("", "0", "false", "no", "off")
        return bool(entered)


class DateField(Field["date | None"]):
    """A day; None when nothing was entered."""

    kind = "date"

    def __init__(self, name: str, label: str | None = None, value: date | None = None) -> None:
        super().__init__(name, label, None if value is None else value.isoformat())

    def _read(self, entered: Any) -> date | None:
        if entered is None or entered == "":
            return None
        try:
            return datetime.fromisoformat(str(entered)[:10]).date()
        except ValueError:
            raise self._refuse("a date", entered) from None


def _pairs(options: Any) -> tuple[tuple[str, str], ...]:
    listed = options.items() if isinstance(options, Mapping) else options
    return tuple((each, each) if isinstance(each, str) else (each[0], each[1]) for each in listed)


class _OptionsField(Field[T_co]):
    kind = "enumerator"

    options: tuple[tuple[str, str], ...]
    """Label and value of each choice."""

    def __init__(self, name: str, options: Options, label: str | None, value: Any) -> None:
        super().__init__(name, label, value)
        self.options = _pairs(options)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                self._known(one)

    def _known(self, value: Any) -> str:
        known = [each for _, each in self.options]
        if value in known:
            return str(value)
        raise ConfigurationValueError(f"{self!r} offers {', '.join(known)}, not {value!r}.", setting="value")

    def _chosen(self, entered: Any) -> str:
        try:
            return self._known(entered)
        except ConfigurationValueError:
            raise self._refuse(f"one of {', '.join(label for label, _ in self.options)}", entered) from None

    def to_wire(self) -> dict[str, Any]:
        """The field as it travels."""
        data = [{"label": label, "value": value} for label, value in self.options]
        return {**super().to_wire(), "data": data}


class EnumeratorField(_OptionsField["str | None"]):
    """A choice of one of several; None when nothing was chosen.

    Args:
        name: Key of what the user chooses; unique in its form.
        options: The choices.
        label: What stands before the field.
        value: What is chosen at first.
    """

    def __init__(
        self, name: str, options: Options, label: str | None = None, value: str | None = None
    ) -> None:
        super().__init__(name, options, label, value)

    def _read(self, entered: Any) -> str | None:
        return None if entered is None or entered == "" else self._chosen(entered)


class MultiEnumeratorField(_OptionsField[list[str]]):
    """A choice of any of several.

    Args:
        name: Key of what the user chooses; unique in its form.
        options: The choices.
        label: What stands before the field.
        value: What is chosen at first.
    """

    def __init__(
        self, name: str, options: Options, label: str | None = None, value: Sequence[str] = ()
    ) -> None:
        super().__init__(name, options, label, list(value))

    def _read(self, entered: Any) -> list[str]:
        if entered is None or entered == "":
            return []
        return [self._chosen(one) for one in (entered if isinstance(entered, list) else [entered])]

    def to_wire(self) -> dict[str, Any]:
        """The field as it travels."""
        return {**super().to_wire(), "multi_select": True}


class LabelField(Field[None]):
    """A text between the fields, in Markdown; ``---`` draws a line. Nothing is entered here.

    Args:
        text: The text.
    """

    kind = "label"

    def __init__(self, text: str) -> None:
        super().__init__("label", "", text)

    def _read(self, entered: Any) -> None:
        return None

    def to_wire(self) -> dict[str, Any]:
        """The text as it travels."""
        return {"type": self.kind, "value": self.value}
