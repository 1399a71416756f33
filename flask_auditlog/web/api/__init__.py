"""The HTTP API: bearer tokens in, JSON out. Its addresses are Phase Two's."""

from __future__ import annotations

from .routes import blueprint

__all__ = ["blueprint"]
