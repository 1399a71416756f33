"""Statements that write to a tracked table past the sessions' flush -> events.

Bulk and Core statements, those of the ORM, and SQL text: one event for each row where the
database can say which, else one that says how many rows, and by which statement.
"""

from __future__ import annotations

from .hearing import init

__all__ = ["init"]
