"""The operations of `POST /api`: what each action does, free of HTTP."""

from .api import Api
from .caller import Caller
from .extension import Extension, OpenBatch

__all__ = ["Api", "Caller", "Extension", "OpenBatch"]
