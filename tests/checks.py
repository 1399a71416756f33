"""What must hold of any log, whatever was done to the processes that wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from flask_auditlog.event import Event
from flask_auditlog.event import STARTED
from flask_auditlog.store import SqlStore
from flask_auditlog.store.address import pack
from flask_auditlog.store.tables import record

Row = Any


def check_log(store: SqlStore, *, answered: Iterable[str] = ()) -> int:
    """Assert everything that must hold of a log; return its size, without that the app started.

    :param answered: uids of events whose receipt was given: each must be there once.
    """
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(record).order_by(record.c.position)).all()
    check_rows(rows, answered=answered)

    return sum(row.type != STARTED for row in rows)


def check_rows(rows: Sequence[Row], *, answered: Iterable[str] = ()) -> None:
    """Assert it of rows that were read already.

    Events that belong to a batch say so in their details: ``batch`` is its name, ``of``
    its size.
    """
    assert [row.position for row in rows] == list(range(1, len(rows) + 1)), "gap or double position"
    times = [row.received_time for row in rows]
    assert times == sorted(times), "received_time goes back"
    there = Counter(row.uid for row in rows)
    assert not (twice := [uid for uid, count in there.items() if count > 1]), f"twice: {twice[:3]}"
    lost = [uid for uid in answered if uid not in there]
    assert not lost, f"{len(lost)} answered events are lost, as {lost[0]}"
    events = [_check_row(row) for row in rows]
    _check_batches(events)


def _check_row(row: Row) -> Event:
    assert row.digest == sha256(row.salt + row.body.encode()).digest(), f"{row.position}: digest"
    event = msgspec.json.decode(row.body, type=Event)
    who = event.auth_details
    derived = {
        "uid": event.uid,
        "time": event.time,
        "realm": event.realm_id,
        "organization_id": event.organization_id,
        "type": event.type,
        "resource_path": event.resource_path,
        "user_id": who.user_id if who else None,
        "ip": pack(who.ip_address if who else None),
        "source": event.source,
    }
    stored = {name: getattr(row, name) for name in derived}
    assert stored == derived, f"{row.position}: columns and body differ"

    return event


def _check_batches(events: Sequence[Event]) -> None:
    """A batch is there once and whole, or not at all, and nothing stands between its events."""
    batches = [event.details or {} for event in events]
    runs = [
        (name, list(run))
        for name, run in groupby(batches, key=lambda details: details.get("batch"))
        if name is not None
    ]
    for name, run in runs:
        assert len(run) == run[0]["of"], f"batch {name} is not whole"
    names = [name for name, _ in runs]
    assert len(names) == len(set(names)), "a batch is there twice"
