"""Fixed ids: those every ftrack site shares, and a way to make our own.

wire: well-known ids. All other ids of the seeds are derived from names, so that they never change.
"""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from typing import Final

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "ftrack-typed")

OBJECT_TYPES: Final = {
    "Task": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c",
    "Shot": "bad911de-3bd6-47b9-8b46-3476e237cb36",
    "Sequence": "e5139355-61da-4c8f-9db4-3abc870166bc",
    "Episode": "22139355-61da-4c8f-9db4-3abc870166bc",
    "AssetBuild": "4be63b64-5010-42fb-bf1f-428af9d638f0",
    "Folder": "3c133785-51cb-11e3-980a-20c9d0831e59",
    "Milestone": "01decdd1-51cb-11e3-9d5b-20c9d0831e59",
}
"""Entity type → id of its object type."""

STATES: Final = {
    "NOT_STARTED": "cea0ba04-acb5-11e1-8668-f23c91df1211",
    "IN_PROGRESS": "cea0efc4-acb5-11e1-8668-f23c91df1211",
    "DONE": "cea116d4-acb5-11e1-8668-f23c91df1211",
    "BLOCKED": "5709c04e-2f4b-11e2-b663-0019bb4983d8",
}
"""Short name of a state → id."""

PRIORITIES: Final = {
    "Urgent": "847fb90e-ead3-11e2-846c-f23c91dfaa16",
    "High": "847f9cda-ead3-11e2-846c-f23c91dfaa16",
    "Medium": "847f8146-ead3-11e2-846c-f23c91dfaa16",
    "Low": "847f663e-ead3-11e2-846c-f23c91dfaa16",
    "None": "9661b320-3a0c-11e2-81c1-0800200c9a66",
}
"""Name of a priority → id, most urgent first."""

CUSTOM_ATTRIBUTE_TYPES: Final = {
    "text": "6268aef0-381c-11e0-acff-0019bb49847a",
    "date": "79968e9e-381c-11e0-acff-0019bb49847a",
    "number": "92009b00-381c-11e0-acff-0019bb49847a",
    "boolean": "ad1034d8-15e2-11e1-b21a-0019bb4983d8",
    "enumerator": "6ff9c812-ead3-11e2-846c-f23c91dfaa16",
    "dynamic enumerator": "882e4aee-fae6-11e3-b623-20c9d0831e59",
    "expression": "d2e6a530-357f-11e2-bd73-0019bb4985b8",
    "url": "ec616dcd-56e2-4147-99f8-7e4a4f040cf9",
}
"""Name of a custom attribute type → id."""

LOCATIONS: Final = {
    "ftrack.server": "3a372bde-05bc-11e4-8908-20c9d081909b",
    "ftrack.origin": "ce9b348f-8809-11e3-821c-20c9d081909b",
    "ftrack.unmanaged": "cb268ecc-8809-11e3-a7e2-20c9d081909b",
    "ftrack.review": "cd41be70-8809-11e3-b98a-20c9d081909b",
    "ftrack.connect": "07b82a97-8cf9-11e3-9383-20c9d081909b",
}
"""Name of a location → id."""


@lru_cache(maxsize=2048)
def make_id(*parts: object) -> str:
    """Return the id that always belongs to these words, such as `("Shot", "orbit", "sq010_0010")`.

    It is `uuid.uuid5` of the words joined by slashes, spelt out because a seed makes so many of them.
    """
    name = "/".join(map(str, parts)).encode()
    digest = hashlib.sha1(_NAMESPACE.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
