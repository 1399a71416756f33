"""``export``: records to a file, with a manifest beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
from hashlib import file_digest
from pathlib import Path
from typing import Any
from typing import BinaryIO

import click
import msgspec

from ..errors import AuditLogError
from ..errors import QueryTimeout
from ..event import Copy
from ..export import FORMATS
from ..export import Layout
from ..export.taken import Taken
from ..state import current
from ..store import Query
from ..store import Scope
from ..web import manifests
from ..web.reads import record_read
from .asking import asked
from .asking import filters
from .terminal import command

# Counting for the progress bar stops here: beyond it, it moves without an end in sight.
MOST_COUNTED = 1_000_000
# The bar moves after so many.
STEP = 1000


@click.command()
@filters
@click.option(
    "--format", "name", type=click.Choice(list(FORMATS)), default="csv", show_default=True
)
@click.option(
    "--columns", default=None, help="Those of CSV or Parquet: time,type,details.plan.name."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Only say whether FILE is what FILE.manifest.json says.",
)
@command
def export(
    name: str, columns: str | None, output: Path | None, check: Path | None, **given: Any
) -> None:
    """Write all events that match to a file, or to standard output.

    Beside a file stands FILE.manifest.json: what was asked, by whom and when, how many events
    there are, and the file's SHA-256.
    """
    if check is not None:
        click.echo(_checked(check))
        return
    query, scope = asked(given)
    layout = FORMATS[name].layout(columns, positions=scope.shows_position)
    if output is None:
        _write(query, scope, name, layout, sys.stdout.buffer)
        return
    try:
        with _whole(output) as file:
            uids = _write(query, scope, name, layout, file)
        _write_manifest(output, scope, *uids)
    except OSError as error:
        raise click.FileError(str(output), error.strerror) from error


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when it is complete, and goes away when it is not."""
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(
    query: Query, scope: Scope, name: str, layout: Layout, file: BinaryIO
) -> tuple[str | None, str | None]:
    """Write an export, and record its beginning and its end; return the uids of these events."""
    taken, kind = Taken(), FORMATS[name]
    told: dict[str, Any] = {"format": name} | (
        {"columns": list(layout.chosen)} if layout.chosen else {}
    )
    began = record_read(scope, "export", query, None, **told).uid
    ended = None
    try:
        found = current().store.stream(query, scope)
        with _bar(found, query, scope) as records:
            for chunk in taken.written(kind.write(taken.passing(records), layout)):
                file.write(chunk)
    except BaseException:
        taken.complete = False
        raise
    finally:
        facts = taken.facts(positions=scope.shows_position)
        ended = record_read(scope, "export", query, taken.records, began=began, **told, **facts).uid

    return began, ended


def _bar(records: Iterator[Copy], query: Query, scope: Scope) -> Any:
    """Return *records* in what shows how far they are, where standard error is a terminal."""
    if not is_terminal():
        return nullcontext(records)

    return click.progressbar(
        records,
        length=_length(query, scope),
        label="Export",
        file=sys.stderr,
        show_pos=True,
        update_min_steps=STEP,
    )


def is_terminal() -> bool:
    """Whether somebody looks at standard error."""
    return sys.stderr.isatty()


def _length(query: Query, scope: Scope) -> int | None:
    try:
        count = current().store.count(query, scope, at_most=MOST_COUNTED)
    except QueryTimeout:
        return None

    return count.value if count.exact else None


def _write_manifest(path: Path, scope: Scope, began: str | None, ended: str | None) -> None:
    if began is None or ended is None:
        # Nothing is recorded, so there is nothing that could vouch for it.
        return
    store = current().store
    first, last = store.get(began, scope), store.get(ended, scope)
    if first is not None and last is not None:
        told = manifests.manifest_of(first.event, last.event, path.name)
        _manifest_path(path).write_bytes(manifests.encoded(told))


def _manifest_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.manifest.json")


def _checked(path: Path) -> str:
    """Return a sentence about a file that is as its manifest says.

    :raises AuditLogError: when it is not.
    """
    try:
        told = msgspec.json.decode(_manifest_path(path).read_bytes())
        wanted, records = str(told["sha256"]), int(told["records"])
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise AuditLogError(
            f"{path.name} or {path.name}.manifest.json cannot be read as what it should be."
        ) from error
    if found != wanted:
        raise AuditLogError(f"{path.name} is not the file that its manifest tells of.")

    return f"{path.name} is as its manifest says: {records:,} events, SHA-256 {found}."
