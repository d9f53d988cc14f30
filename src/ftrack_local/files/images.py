"""Small pictures of component files."""

from __future__ import annotations

import struct
import warnings
import zlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

DEFAULT_SIZE = 300
"""Length of a thumbnail's longer side unless asked otherwise, in pixels (wire: thumbnail)."""
MAX_SIZE = 4096
"""Longest side that may be asked for, in pixels."""

# Formats that are decoded by running other programs stay out.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "PPM", "DDS", "SGI", "PCX")


class NoPictureError(Exception):
    """A file shows no picture this server can read."""


def scaled(path: Path, size: int) -> tuple[bytes, str]:
    """Return a picture file scaled down to fit a square, and its media type.

    Raises:
        NoPictureError: The file is no picture, or an unreasonably large one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as picture:
                return _encode(_upright(picture, size))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPictureError(path) from None
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, MemoryError) as error:
        # What decoders raise on damaged files.
        raise NoPictureError(path) from error


def dimensions(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels, None when the file is none."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            return int(picture.width), int(picture.height)
    except Exception:  # whatever the decoders raise: it is no picture we can use
        return None


@lru_cache(maxsize=1)
def placeholder() -> bytes:
    """Return the PNG shown where there is no picture: a plain grey rectangle, 300 by 200 pixels."""
    width, height = 300, 200
    rows = (b"\x00" + bytes((0x3A, 0x3F, 0x47)) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _upright(picture: Image.Image, size: int) -> Image.Image:
    # Only JPEG uses the hint; it makes decoding large photographs cheap.
    picture.draft("RGB", (size, size))
    turned = ImageOps.exif_transpose(picture)
    turned.thumbnail((size, size))
    return turned


def _encode(picture: Image.Image) -> tuple[bytes, str]:
    output = BytesIO()
    if picture.mode in ("RGBA", "LA", "PA", "P"):
        picture.convert("RGBA").save(output, "PNG")
        return output.getvalue(), "image/png"
    picture.convert("RGB").save(output, "JPEG", quality=85)
    return output.getvalue(), "image/jpeg"
