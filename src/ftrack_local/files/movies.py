"""ffmpeg and ffprobe, when this machine has them."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

_SECONDS = 3600.0
# Playlists inside a file must not make ffmpeg read others, or the network.
_INPUT = ("-protocol_whitelist", "file,pipe,crypto,data")


class MovieError(Exception):
    """A file cannot be encoded; the text says why."""


@dataclass(frozen=True, slots=True)
class Movie:
    """What an encoded movie is like."""

    width: int
    height: int
    frame_rate: float
    frames: int


@dataclass(slots=True)
class MovieTools:
    """Paths of the programs, None for one that is missing."""

    ffmpeg: str | None
    ffprobe: str | None
    _running: subprocess.Popen[bytes] | None = None
    _stopping: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def find(cls) -> MovieTools:
        """Look the programs up on the PATH."""
        return cls(shutil.which("ffmpeg"), shutil.which("ffprobe"))

    def encode(self, source: Path, target: Path) -> Movie | None:
        """Encode a movie as H.264 at most 1280 pixels wide, for playing while it loads.

        Returns what it is like, None when there is no ffprobe to tell.

        Raises :class:`MovieError` when it cannot be decoded.
        """
        # The codec takes only even widths and heights.
        scale = "scale='2*trunc(min(1280,iw)/2)':-2,format=yuv420p"
        self._ffmpeg(
            *("-i", str(source), "-vf", scale, "-c:v", "libx264", "-preset", "fast", "-crf", "20"),
            *("-c:a", "aac", "-movflags", "+faststart", "-f", "mp4", str(target)),
        )
        return self._describe(target)

    def picture(self, source: Path, target: Path) -> None:
        """Write the first frame of a movie as PNG."""
        self._ffmpeg("-i", str(source), "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", str(target))

    def stop(self) -> None:
        """End the program that is running, and start none any more."""
        with self._lock:
            self._stopping = True
            if self._running is not None:
                self._running.kill()

    def _ffmpeg(self, *arguments: str) -> None:
        assert self.ffmpeg is not None
        self._run([self.ffmpeg, "-nostdin", "-v", "error", "-y", *_INPUT, *arguments])

    def _describe(self, path: Path) -> Movie | None:
        if self.ffprobe is None:
            return None
        entries = "stream=width,height,avg_frame_rate,nb_read_packets"
        output = self._run(
            [
                *(self.ffprobe, "-v", "error", *_INPUT, "-select_streams", "v:0", "-count_packets"),
                *("-show_entries", entries, "-of", "json", str(path)),
            ]
        )
        try:
            return _read(json.loads(output)["streams"][0])
        except (ValueError, LookupError, TypeError):
            raise MovieError("The file has no video.") from None

    def _run(self, command: list[str]) -> bytes:
        with self._lock:
            if self._stopping:
                raise MovieError("The server is stopping.")
            try:
                process = self._running = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
            except OSError as error:
                raise MovieError(f"{command[0]} cannot be run: {error.strerror or error}.") from None
        with process:
            try:
                output, errors = process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise MovieError("Encoding took too long.") from None
            finally:
                with self._lock:
                    self._running = None
        if process.returncode != 0:
            reason = errors.decode("utf-8", "replace").strip().splitlines()
            raise MovieError(f"The file cannot be encoded: {reason[-1] if reason else process.returncode}")
        return output


def _read(stream: dict[str, Any]) -> Movie:
    return Movie(
        int(stream["width"]),
        int(stream["height"]),
        round(float(Fraction(stream["avg_frame_rate"])), 3),
        int(stream["nb_read_packets"]),
    )
