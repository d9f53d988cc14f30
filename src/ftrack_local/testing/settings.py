"""How fast the server answers and how much at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """Settings that may be changed while the server runs."""

    latency: float = 0.0
    """Seconds every request waits before it is handled."""
    page_size: int | None = None
    """Most rows of one query page, as some sites limit it; None for as many as a query asks for."""

    def reset(self) -> None:
        """Go back to the defaults."""
        self.latency = 0.0
        self.page_size = None
