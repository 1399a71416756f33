"""What became of the rows -> drafts of events."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from ...event import Draft
from ...logs import logger
from ...recorder.given import organization_of
from ..models.changes import changes_of
from ..models.changes import Showing
from ..models.drafts import change_draft
from ..models.labels import label_in
from ..models.labels import Loaded
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
    row = {name: old if new is None else new for name, (old, new) in (change.pairs or {}).items()}

    return change_draft(
        shape.tracked,
        change.operation,
        _told(change.key, shape, showing),
        changes,
        organization_id=_said(lambda: _organization(row, shape)),
        label=_said(lambda: label_in(row, shape.options)),
        statement=None if known else _statement(shape, sql),
    )


def _organization(row: Mapping[str, Any], shape: Shape) -> str | None:
    """Return the organization of the row; ``None`` for that of the request."""
    named = shape.options.organization
    if named is None:
        return None
    return organization_of(row.get(named) if isinstance(named, str) else named(Loaded(row)))


def _said(function: Callable[[], str | None]) -> str | None:
    """Return what a function of the host says of a row. One that raises says nothing."""
    try:
        return function()
    except Exception:
        logger.exception("a function of a tracked model failed; the event is without what it says")
        return None


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
