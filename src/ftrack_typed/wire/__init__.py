"""What travels between client and server: payloads and codecs, free of any I/O."""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.wire.dates import parse as parse
    from ftrack_typed.wire.decoding import decode as decode
    from ftrack_typed.wire.decoding import decode_json as decode_json
    from ftrack_typed.wire.encoding import dumps as dumps

# Entity classes need dates, not JSON.
_LAZY = {
    "decode": "decoding",
    "decode_json": "decoding",
    "dumps": "encoding",
    "parse": "dates",
}

__all__ = [
    "decode",
    "decode_json",
    "dumps",
    "parse",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
