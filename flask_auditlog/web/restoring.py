"""An event as an export wrote it, made into an entry of the log again."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..event import Actor
from ..event import Draft
from ..event import Entry
from ..event import Event
from ..event import OPERATIONS
from ..recorder import Recorder
from ..recorder.prepare import check
from ..recorder.prepare import CLOCK_SKEW
from .exact import unfit
from .exact import value_of

# What the log gave it, and gives it anew.
_GIVEN = ("position", "receivedTime")
_NOBODY = Actor()
_FIELDS = frozenset(each.encode_name for each in msgspec.structs.fields(Event))


def restored(raw: bytes, recorder: Recorder) -> Entry:
    """Return the event of one line of NDJSON as an entry, with the source ``import``.

    All else stays as it is, but for secrets that are known as such by now.

    :raises InvalidEvent: when it is none that the log can store.
    """
    return _entry(value_of(raw), recorder)


def restored_row(row: dict[str, Any], recorder: Recorder) -> Entry:
    """Return the event of one row of CSV (see :class:`.Rows`), as :func:`restored`.

    :raises InvalidEvent: as that.
    """
    if faults := unfit(row):
        raise InvalidEvent(faults=faults)
    details = row.get("details")

    return _entry(row if details is None else row | {"details": _object(details)}, recorder)


def _object(details: str) -> dict[str, Any]:
    try:
        value = value_of(details.encode())
    except InvalidEvent as error:
        raise InvalidEvent(f"`details`: {error}") from error
    if not isinstance(value, dict):
        raise InvalidEvent("`details` is no JSON object.")

    return value


def _entry(value: Any, recorder: Recorder) -> Entry:
    if not isinstance(value, dict):
        raise InvalidEvent("This is no event, but another JSON value.")
    fields = {name: each for name, each in value.items() if name not in _GIVEN}
    if not fields.keys() <= _FIELDS:
        raise InvalidEvent("It has a field that no event has.")
    try:
        event = msgspec.convert({**fields, "source": "import"}, Event)
        named = str(UUID(event.uid)) == event.uid
    except msgspec.ValidationError as error:
        raise InvalidEvent(f"This is no event: {error}.") from error
    except ValueError as error:
        raise InvalidEvent(faults=[Fault("uid", "A uid is a UUID.")]) from error
    if not named:
        raise InvalidEvent(faults=[Fault("uid", "A uid is a UUID, in small letters.")])
    _check(event)

    return recorder.keep(event)


def is_same(event: Event, stored: Event) -> bool:
    """Whether *stored* is what was imported as *event*, or what that was exported from."""
    return _comparable(stored) == _comparable(event)


def _comparable(event: Event) -> Event:
    # A table does not tell an actor who is nobody from none.
    who = None if event.auth_details == _NOBODY else event.auth_details

    return msgspec.structs.replace(event, source="import", auth_details=who)


def _check(event: Event) -> None:
    check(
        Draft(
            type=event.type,
            organization_id=event.organization_id,
            operation_type=None,
            resource_type=event.resource_type,
            resource_path=event.resource_path,
            error=event.error,
            auth_details=event.auth_details,
        )
    )
    if event.operation_type not in (None, *OPERATIONS):
        message = f"operationType is one of {', '.join(OPERATIONS)}."
        raise InvalidEvent(faults=[Fault("operationType", message)])
    if not 0 <= event.time <= time.time_ns() // 1_000_000 + CLOCK_SKEW:
        message = "time is in milliseconds since 1970, and not in the future."
        raise InvalidEvent(faults=[Fault("time", message)])
