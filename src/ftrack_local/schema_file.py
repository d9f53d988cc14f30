"""Saved `query_schemas` answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import LocalServerError


def read_schema(path: Path) -> list[Any]:
    """Return the schema documents in a file.

    The file holds the bare list of schemas or a whole recorded reply: a list of answers, one of
    which is that list, or an object with it under `data`. Raises :class:`LocalServerError`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise LocalServerError(f"Cannot read the schema file {path}: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise LocalServerError(f"The schema file {path} is not JSON: {error}.") from None
    found = _documents(content)
    if found is None:
        raise LocalServerError(
            f"The schema file {path} holds no list of schemas; save the answer of `query_schemas` in it."
        )
    return found


def _documents(content: Any) -> list[Any] | None:
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list):
        return None
    if any(isinstance(item, dict) and "properties" in item for item in content):
        return content
    return next((found for item in content if (found := _documents(item)) is not None), None)
