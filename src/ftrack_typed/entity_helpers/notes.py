"""Writing notes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers, keys_of, outdate

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

NoteT = TypeVar("NoteT", bound="Entity")
AuthorT = TypeVar("AuthorT", bound="Entity")
ResourceT = TypeVar("ResourceT", bound="Entity")
LabelT = TypeVar("LabelT", bound="Entity")

_LABEL = "NoteLabel"


class NoteHelpers(Helpers, Generic[NoteT, AuthorT, ResourceT, LabelT]):
    """Of whatever has notes."""

    __slots__ = ()

    def create_note(
        self,
        content: str,
        author: AuthorT | None = None,
        recipients: Iterable[ResourceT] | None = None,
        category: LabelT | None = None,
        labels: Iterable[LabelT] | None = None,
    ) -> NoteT:
        """Write a note about this entity; the next commit sends it.

        The server makes the author a recipient, too.

        Args:
            content: What it says.
            author: Who says it: a user or collaborator; the session's user when omitted.
            recipients: Users and groups it is addressed to; nobody is twice, however often named.
            category: Its label, as older servers know it; on newer ones use `labels`.
            labels: Its labels.

        Raises:
            ConfigurationValueError: for a category and labels at once.
            ServerCompatibilityError: for labels on a server that has none.
            EntityTypeError: for recipients or labels that are something else. Nothing is recorded then.
        """
        session, entity = self._session, self._entity
        if category is not None and labels is not None:
            from ftrack_typed.errors import ConfigurationValueError

            raise ConfigurationValueError(
                "create_note takes a category or labels, not both; put the category among the labels.",
                setting="category",
            )
        # What generated packages know says nothing about the server.
        if labels is not None and _LABEL not in session._schema:
            from ftrack_typed.errors import ServerCompatibilityError

            raise ServerCompatibilityError(f"The server has no {_LABEL}: give the note a category instead.")
        if category is not None and _LABEL in session._schema:
            warnings.warn(
                "Categories of notes are labels on this server: use labels=[…].",
                PendingDeprecationWarning,
                stacklevel=2,
            )
            labels, category = [category], None
        resources = keys_of(session, recipients or (), "Resource")
        linked = keys_of(session, labels, _LABEL) if labels else {}
        data: dict[str, Any] = {
            "content": content,
            "parent_id": self._key(),
            "parent_type": entity.entity_type,
        }
        if author is not None:
            data["author"] = author
        if category is not None:
            data["category"] = category
        note = cast("NoteT", session.create("Note", data))
        for resource in resources:
            session.create("Recipient", {"note_id": note["id"], "resource_id": resource})
        for label in linked:
            session.create("NoteLabelLink", {"note_id": note["id"], "label_id": label})
        outdate(session, note, "recipients", "note_label_links")
        self._read_anew("notes")
        return note


class ReplyHelpers(Helpers, Generic[NoteT, AuthorT]):
    """Of notes."""

    __slots__ = ()

    def create_reply(self, content: str, author: AuthorT | None = None) -> NoteT:
        """Answer this note; the next commit sends it, and the server puts it beside the note.

        Args:
            content: What it says.
            author: Who says it; the session's user when omitted.
        """
        data: dict[str, Any] = {"content": content, "in_reply_to": self._entity}
        if author is not None:
            data["author"] = author
        reply = self._session.create(self._entity.entity_type, data)
        self._read_anew("replies")
        return cast("NoteT", reply)
