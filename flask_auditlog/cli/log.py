"""``search``, ``tail`` and ``export``. Reads are recorded here as everywhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import BinaryIO

import click

from ..errors import QueryError
from ..event import READ_TYPE
from ..event import Record
from ..export import FORMATS
from ..export import wire
from ..state import current
from ..state import operator
from ..store import Query
from ..store import Scope
from ..web.args import FILTERS
from ..web.args import query_from
from ..web.reads import record_read
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


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each filter, as they are called everywhere."""
    options = [
        click.option(
            f"--{name.replace('_', '-')}", name, default=None, help=each.help.replace("`", "")
        )
        for name, each in FILTERS.items()
    ]
    options.append(
        click.option("--realm", default=None, help="The realm; the app's own if not given.")
    )
    options.append(
        click.option(
            "--detail",
            "details",
            multiple=True,
            metavar="PATH=VALUE",
            help="What stands in the details, as plan.name=pro.",
        )
    )
    for option in reversed(options):
        function = option(function)

    return function


def _asked(given: dict[str, Any]) -> tuple[Query, Scope]:
    """Return the query of a command's options, and its scope: operators see all of a realm."""
    realm = given.pop("realm") or current().settings.realms[0]
    if realm not in current().store.realms:
        raise QueryError(f"There is no realm {realm}. `flask auditlog realm list` shows all.")
    params = {
        name: value for name, value in given.items() if name != "details" and value is not None
    }
    for pair in given["details"]:
        path, found, value = pair.partition("=")
        if not found:
            raise QueryError("--detail is written as PATH=VALUE.", field="details")
        params[f"details.{path}"] = value

    return query_from(params, also=()), Scope(realm=realm, organization_id=None)


@click.command()
@_filters
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
def search(limit: int, as_json: bool, **given: Any) -> None:  # noqa: FBT001 (click names it)
    """Find events, newest first."""
    query, scope = _asked(given)
    page = current().store.find(query, scope, limit=limit)
    record_read(scope, "search", query, len(page.records))
    _print(page.records, as_json=as_json)
    if page.next is not None:
        click.echo(f"More than {limit}: narrow the search, or raise --limit.", err=True)


@click.command()
@_filters
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--seconds", type=float, default=None, help="Stop after this time.")
@command
def tail(as_json: bool, seconds: float | None, **given: Any) -> None:  # noqa: FBT001
    """Show the last events, and new ones as they come. Ctrl-C ends it."""
    query, scope = _asked(given)
    store = current().store
    _note_tail(query, scope)
    position = store.head()
    last = store.find(query, scope, limit=10).records
    _print(reversed([r for r in last if r.position <= position]), as_json=as_json)
    end = time.monotonic() + seconds if seconds is not None else None
    while end is None or time.monotonic() < end:
        head = store.head()
        new = store.after(position, query, scope, limit=AT_ONCE)
        _print(new, as_json=as_json)
        if len(new) == AT_ONCE:
            position = new[-1].position
            continue
        # Up to the head there is nothing more, also where nothing matched.
        position = max(head, new[-1].position if new else 0)
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


@click.command()
@_filters
@click.option(
    "--format", "name", type=click.Choice(list(FORMATS)), default="csv", show_default=True
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None)
@command
def export(name: str, output: Path | None, **given: Any) -> None:
    """Write all events that match to a file, or to standard output."""
    query, scope = _asked(given)
    if output is None:
        _write(query, scope, name, sys.stdout.buffer)
        return
    try:
        with output.open("wb") as file:
            _write(query, scope, name, file)
    except OSError as error:
        raise click.FileError(str(output), error.strerror) from error


def _write(query: Query, scope: Scope, name: str, file: BinaryIO) -> None:
    """Write an export, and record its beginning and its end."""
    given, complete = 0, False

    def passing() -> Iterator[Record]:
        nonlocal given
        for record in current().store.stream(query, scope):
            given += 1
            yield record

    began = record_read(scope, "export", query, None, format=name).uid
    try:
        for chunk in FORMATS[name].write(passing(), scope.shows_position):
            file.write(chunk)
        complete = True
    finally:
        record_read(scope, "export", query, given, format=name, complete=complete, began=began)


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
