"""The fingerprint by which client and server agree on a schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def schema_hash(documents: Sequence[Mapping[str, Any]]) -> str:
    """Return the hash of a ``query_schemas`` result, comparable to the server's ``schema_hash``.

    wire: MD5 of the JSON text with sorted keys and ASCII only; the order of the documents counts.
    """
    text = json.dumps(documents, sort_keys=True)
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()
