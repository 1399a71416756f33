"""What of an app is recorded, what is not for a reason, and what was forgotten."""

from __future__ import annotations

from .gather import gather
from .report import Item
from .report import Report
from .report import report
from .seen import read_seen
from .seen import Seen

__all__ = ["Item", "Report", "Seen", "gather", "read_seen", "report"]
