"""HTTP around the engine: one Starlette application."""

from .app import build_app

__all__ = ["build_app"]
