"""The JSON the server writes, to plain Python data."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from ftrack_typed.errors import MalformedResponseError

_BOM = b"\xef\xbb\xbf"


def decode_json(body: bytes) -> Any:
    """Return the data *body* holds; tagged values such as moments stay as they are.

    Raises:
        ValueError: If *body* is no JSON.
    """
    text = body.removeprefix(_BOM)
    try:
        return from_json(text)
    except ValueError:
        # The fast parser refuses lone surrogates, which Python servers do write.
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("JSON nested too deeply") from None


def decode(body: bytes, *, status: int | None = None, content_type: str | None = None) -> list[Any]:
    """Return the results a response body holds.

    Args:
        body: The body, a JSON array in UTF-8.
        status: HTTP status of the response, for the error.
        content_type: Content type of the response, for the error.

    Raises:
        MalformedResponseError: If the body is truncated, no JSON, or no array.
    """
    try:
        results = decode_json(body)
    except ValueError as error:
        raise MalformedResponseError(
            f"The response of {len(body)} bytes is truncated or no JSON: {error}",
            status=status,
            content_type=content_type,
            excerpt=excerpt(body),
        ) from None
    if not isinstance(results, list):
        raise MalformedResponseError(
            f"The response holds {type(results).__name__} where a list of results belongs.",
            status=status,
            content_type=content_type,
            excerpt=excerpt(body),
        )
    return results


def excerpt(body: bytes, length: int = 200) -> str:
    """Return the start of *body* as one printable line of at most *length* characters."""
    text = body[: length * 8].decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
