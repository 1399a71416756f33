"""Changes of the host's models -> events. Hears SQLAlchemy; writes through the inbox."""

from __future__ import annotations

from .empty import init
from .tracked import Registry
from .tracked import Tracked
from .tracking import Tracking

__all__ = ["Registry", "Tracked", "Tracking", "init"]
