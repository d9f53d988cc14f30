"""What travels between client and server: payloads and codecs, free of any I/O."""

from importlib import import_module
from typing import TYPE_CHECKING

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

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
