"""The viewer: one organization's events for whoever has a link to them. Complete without
JavaScript, without a cookie, and in a frame.
"""

from __future__ import annotations

from .pages import blueprint

__all__ = ["blueprint"]
