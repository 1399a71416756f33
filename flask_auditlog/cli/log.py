"""``search`` and ``tail``. Reads are recorded here as everywhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import click

from ..event import READ_TYPE
from ..event import Record
from ..export import wire
from ..state import current
from ..state import operator
from ..store import Query
from ..store import Scope
from ..web.reads import record_read
from .asking import asked
from .asking import filters
from .terminal import clock
from .terminal import command
from .terminal import inert
from .terminal import inert_json

DAY = 24 * 3600 * 1000
# Of a tail: how many records are read at once, and the seconds between two looks at the log.
AT_ONCE = 500
PAUSE = 0.5
# Among so many events that say they are the read of a tail, one is ours or a new one is made.
CLAIMED = 100


@click.command()
@filters
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
def search(limit: int, as_json: bool, **given: Any) -> None:  # noqa: FBT001 (click names it)
    """Find events, newest first.

    QUERY is in the query language, in quotes: 'type:access.* -ip:10.0.0.0/8 after:-7d'. One
    that begins with a minus stands behind two of them: -- '-actor:alice'.
    """
    query, scope = asked(given)
    page = current().store.find(query, scope, limit=limit)
    record_read(scope, "search", query, len(page.records))
    _print(page.records, as_json=as_json)
    if page.next is not None:
        click.echo(f"More than {limit}: narrow the search, or raise --limit.", err=True)


@click.command()
@filters
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--seconds", type=float, default=None, help="Stop after this time.")
@command
def tail(as_json: bool, seconds: float | None, **given: Any) -> None:  # noqa: FBT001
    """Show the last events, and new ones as they come. Ctrl-C ends it."""
    query, scope = asked(given)
    store = current().store
    _note_tail(query, scope)
    position = store.feed.end(scope)
    last = store.find(query, scope, limit=10).records
    _print(reversed([r for r in last if r.position <= position]), as_json=as_json)
    end = time.monotonic() + seconds if seconds is not None else None
    while end is None or time.monotonic() < end:
        new = store.feed.read(position, query, scope, limit=AT_ONCE)
        _print(new.records, as_json=as_json)
        position = new.position
        if not new.more:
            time.sleep(PAUSE)


def _note_tail(query: Query, scope: Scope) -> None:
    """A tail is one event a day for each reader: reading must not feed itself."""
    today = time.time_ns() // 1_000_000 // DAY * DAY
    mine = Query(
        type=READ_TYPE,
        username=operator(),
        after=today,
        details=(("action", "tail"),),
    )
    found = current().store.find(mine, scope, limit=CLAIMED).records
    # Whoever may publish as others can send such an event, but never from "system".
    if all(record.event.source != "system" for record in found):
        record_read(scope, "tail", query, None)


def _print(records: Iterable[Record], *, as_json: bool) -> None:
    for record in records:
        click.echo(inert_json(wire(record, positions=True)) if as_json else _line(record))


def _line(record: Record) -> str:
    event = record.event
    who = event.auth_details
    actor = (who.username or who.user_id or "-") if who else "-"
    parts = [clock(event.time), event.type, actor, (who and who.ip_address) or "-"]
    parts += [event.error or "", event.resource_path or ""]

    return inert("  ".join(part for part in parts if part))
