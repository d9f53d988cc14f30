"""What travels between client and server: payloads and codecs, free of any I/O."""

from ftrack_typed.wire.dates import parse
from ftrack_typed.wire.decoding import decode, decode_json
from ftrack_typed.wire.encoding import dumps

__all__ = ["decode", "decode_json", "dumps", "parse"]
