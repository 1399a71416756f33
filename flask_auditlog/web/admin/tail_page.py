"""What came in since the page of results was opened, as rows of its table.

They come in the order of the log, and are never left out: the page's cursor is that of the feed.
"""

from __future__ import annotations

from dataclasses import replace

from flask import render_template
from flask import request

from ...errors import QueryError
from ...state import current
from ...store.query import Scope
from ..args import read_flag
from ..reads import record_tail
from . import zones
from .asked import Asked
from .asked import asked_of
from .columns import columns_of
from .histories import histories
from .links import event_url
from .links import search_url
from .links import tail_url
from .moments import now
from .rows import days_of
from .searched import query_of
from .visitors import scope_of

# Most rows of one answer; what is behind them comes with the next.
MOST = 100


def tail() -> str:
    """Give the rows that came in, and where to go on from. :raises QueryError: without a cursor."""
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    if asked.since is None:
        raise QueryError("`since` is missing: the cursor of the page.", field="since")
    query, feed = query_of(asked), current().store.feed
    columns = columns_of(asked.columns, with_org=scope.organization_id is None)
    found = feed.read(feed.unseal(asked.since, scope), query, scope, limit=MOST)
    if found.records:
        record_tail(scope, query)
    newest_first = sorted(found.records, key=lambda r: (r.time, r.position), reverse=True)

    return render_template(
        "auditlog/tail.html",
        asked=replace(asked, since=None, tail="true"),
        days=days_of(newest_first, now(), zones.here()),
        columns=columns,
        following=tail_url(asked, feed.seal(found.position, scope)),
        now=now(),
        search_url=search_url,
        event_url=event_url,
        histories=histories,
    )


def follow(asked: Asked, scope: Scope) -> str | None:
    """Where what comes in from now on is, if the page wants it.

    :raises QueryError: when nobody can say whether it does.
    """
    if asked.tail is None or not read_flag("tail", asked.tail):
        return None
    feed = current().store.feed
    return tail_url(asked, feed.seal(feed.end(scope), scope))
