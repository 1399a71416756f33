"""The admin pages: server-rendered, complete without JavaScript."""

from __future__ import annotations

from .pages import blueprint

__all__ = ["blueprint"]
