"""``import``: events of a file that was exported, back into a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ..errors import AuditLogError
from ..errors import InvalidEvent
from ..event import Entry
from ..event import Event
from ..event import Record
from ..state import current
from ..store import Scope
from ..web.reads import record_read
from ..web.restoring import is_same
from .exported import exported
from .exported import Read
from .repeats import Repeats
from .terminal import command

# So many are looked up and stored at once, and so many faults are told at most.
AT_ONCE, FAULTS = 500, 20


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only say what is wrong with it, and store nothing.")
@command
def import_file(file: Path, check: bool) -> None:  # noqa: FBT001 (click names it)
    """Bring the events of FILE into the log: NDJSON, JSON, CSV or Parquet, as `export` writes it.

    They keep their uid, their time and their realm, and have the source "import". One that is in
    the log already stays as it is, so that it does no harm to do it twice. If a line is wrong,
    nothing is stored. CSV and Parquet must have all columns, and be as they were written: what a
    spreadsheet has saved is no copy any more.
    """
    try:
        found = _look(file)
    except InvalidEvent as error:
        raise click.ClickException(f"{error} Nothing was stored.") from error
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error
    if check:
        click.echo(f"{found:,} events can be imported.")
        return
    realm = current().settings.realms[0]
    scope = Scope(realm=realm, organization_id=None)
    began = record_read(scope, "import", None, None, file=file.name).uid
    stored = 0
    try:
        for batch in _batches(file):
            there = _there(batch.values())
            new = [each for each in batch.values() if not _is_there(each, there)]
            current().recorder.append(new)
            stored += len(new)
    finally:
        record_read(scope, "import", None, stored, file=file.name, began=began)
    click.echo(f"{stored:,} events are imported, {found - stored:,} were there already.")


def _look(file: Path) -> int:
    """Read all of a file; return how many events it has. :raises InvalidEvent: of the first faults."""
    found, repeats, faults = 0, Repeats(), list[str]()
    with _bar(file) as lines:
        reading = iter(lines)
        while len(faults) < FAULTS and (some := list(islice(reading, AT_ONCE))):
            entries, wrong = _read(some)
            there = _there(entries.values())
            for number, entry in entries.items():
                try:
                    _is_there(entry, there)
                except InvalidEvent as error:
                    wrong[number] = error
                repeats.add(entry.event.uid)
            found += len(entries)
            faults += [f"Line {number}: {error}" for number, error in sorted(wrong.items())]
    if faults:
        raise InvalidEvent("\n".join(faults[:FAULTS]))
    if repeats.found():
        _check_repeats(file, repeats)

    return found


def _read(lines: Iterable[tuple[int, Read]]) -> tuple[dict[int, Entry], dict[int, AuditLogError]]:
    """Return the events of some lines, and what is wrong with the others, by their numbers."""
    entries, wrong = dict[int, Entry](), dict[int, AuditLogError]()
    for number, read in lines:
        try:
            entry = read()
            current().recorder.check_realm(entry.event.realm_id)
        except AuditLogError as error:
            wrong[number] = error
        else:
            entries[number] = entry

    return entries, wrong


def _check_repeats(file: Path, repeats: Repeats) -> None:
    """Read it once more. :raises InvalidEvent: when two events that are not equal have one uid."""
    before: dict[str, Event] = {}
    for number, read in exported(file):
        event = read().event
        if event.uid in repeats and before.setdefault(event.uid, event) != event:
            raise InvalidEvent(f"Line {number}: Another event of the file has the same uid.")


def _batches(file: Path) -> Iterator[dict[str, Entry]]:
    batch: dict[str, Entry] = {}
    for _, read in exported(file):
        entry = read()
        batch.setdefault(entry.event.uid, entry)
        if len(batch) == AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch


def _there(entries: Iterable[Entry]) -> Mapping[str, Record]:
    """What is in the log of these events, in whichever realm: a uid is one in all of it."""
    return current().store.followers.named([each.event.uid for each in entries])


def _is_there(entry: Entry, there: Mapping[str, Record]) -> bool:
    """:raises InvalidEvent: when another event with this uid is in the log."""
    stored = there.get(entry.event.uid)
    if stored is not None and not is_same(entry.event, stored.event):
        raise InvalidEvent("An event with this uid is in the log, with another content.")

    return stored is not None


def _bar(file: Path) -> Any:
    """The lines of a file, in what shows how far they are, where standard error is a terminal."""
    lines = exported(file)
    if not sys.stderr.isatty():
        return nullcontext(lines)

    return click.progressbar(
        lines, label="Look", file=sys.stderr, show_pos=True, update_min_steps=1000
    )
