"""Generates typed entity packages from the schema of an ftrack server."""

from __future__ import annotations

from .errors import GenerationError, InputError, OutputError
from .pipeline import generate, regenerate
from .report import Report

__all__ = ["GenerationError", "InputError", "OutputError", "Report", "generate", "regenerate"]
