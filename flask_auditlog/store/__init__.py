"""Append and read: the only room that speaks SQL."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

from .charts.summary import Facets
from .charts.summary import Histogram
from .charts.summary import Scale
from .charts.summary import Spans
from .engine import is_in_memory
from .engine import memory_url
from .engine import open_engine
from .promises import Appended
from .promises import Key
from .promises import MANAGE_EVENTS
from .promises import PERMISSIONS
from .promises import PUBLISH_AS
from .promises import PUBLISH_EVENTS
from .promises import Store
from .promises import Token
from .promises import TypeCount
from .promises import Upgrade
from .promises import VIEW_EVENTS
from .promises.viewing import ViewerLink
from .query import Count
from .query import Neighbours
from .query import Page
from .query import Query
from .query import Scope
from .query import Stretch

if TYPE_CHECKING:
    from .sql import SqlStore

__all__ = [
    "MANAGE_EVENTS",
    "PERMISSIONS",
    "PUBLISH_AS",
    "PUBLISH_EVENTS",
    "VIEW_EVENTS",
    "Appended",
    "Count",
    "Facets",
    "Histogram",
    "Key",
    "Neighbours",
    "Page",
    "Query",
    "Scale",
    "Scope",
    "Spans",
    "SqlStore",
    "Store",
    "Stretch",
    "Token",
    "TypeCount",
    "Upgrade",
    "ViewerLink",
    "is_in_memory",
    "memory_url",
    "open_engine",
]


# Else a wrong name would be no error for who checks types.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Give what writes and reads: an app loads it when it opens its log."""
        if name != "SqlStore":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = import_module(".sql", __name__).SqlStore

        return found
