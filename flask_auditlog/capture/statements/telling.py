"""What became of the rows -> drafts of events."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from ...event import Draft
from ..models.changes import changes_of
from ..models.changes import Showing
from ..models.drafts import change_draft
from ..models.paths import told_parts
from .elements import Key
from .shape import Shape
from .tokens import shown
from .write import Change
from .write import Summary

# Most keys that are told of a write to many rows.
KEYS = 1_000


def drafts_of(
    outcome: Iterable[Change | Summary], shape: Shape, showing: Showing, sql: tuple[str, str]
) -> Iterator[Draft]:
    """Yield an event for each row that changed, or one for all of them.

    :param sql: the statement, and the name of the database it is for.
    """
    for each in outcome:
        if isinstance(each, Summary):
            yield summary_draft(each, shape, showing, sql)
        elif (draft := _change(each, shape, showing, sql)) is not None:
            yield draft


def _change(change: Change, shape: Shape, showing: Showing, sql: tuple[str, str]) -> Draft | None:
    changes = None if change.pairs is None else changes_of(change.pairs, shape.options, showing)
    known = change.pairs is not None and not _names_any(sql[0], shape.unread)
    if known and not changes and change.operation == "UPDATE":
        # Written to, and the same as it was.
        return None

    return change_draft(
        shape.tracked,
        change.operation,
        _told(change.key, shape, showing),
        changes,
        statement=None if known else _statement(shape, sql),
    )


def _names_any(sql: str, names: Collection[str]) -> bool:
    """Whether a statement may write to one of those columns. What it returns is only read."""
    written = sql.partition(" RETURNING ")[0]

    return any(name in written for name in names)


def summary_draft(summary: Summary, shape: Shape, showing: Showing, sql: tuple[str, str]) -> Draft:
    """Return the event of a write to many rows: how many, and by which statement."""
    keys = [",".join(map(str, _told(key, shape, showing))) for key in summary.keys[:KEYS]]

    return change_draft(
        shape.tracked,
        summary.operation,
        None,
        rows=summary.rows,
        statement=_statement(shape, sql),
        keys=keys or None,
        keysLeftOut=max(0, len(summary.keys) - KEYS) or None,
    )


def _statement(shape: Shape, sql: tuple[str, str]) -> str:
    table = shape.table
    names = {table.name, table.schema, *(column.name for column in table.columns)}

    return shown(*sql, {name.casefold() for name in names if name})


def _told(key: Key, shape: Shape, showing: Showing) -> list[Any]:
    """Return the key as it may be told."""
    return told_parts(zip(shape.key_names, key, strict=True), shape.options, showing)
