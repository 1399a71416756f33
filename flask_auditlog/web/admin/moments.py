"""Times as a reader wants them. All are epoch milliseconds; they are shown in UTC, or in another zone. Pure."""

from __future__ import annotations

import time as clock
from datetime import datetime
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999  # the end of the year 9999
_DAY = 86_400_000
_STEPS = ((60, 1, "s"), (3600, 60, "m"), (86_400, 3600, "h"), (86_400 * 365, 86_400, "d"))


def now() -> int:
    """The time as it is."""
    return clock.time_ns() // 1_000_000


def moment(time: int, zone: tzinfo = UTC) -> datetime:
    """*time* as a datetime; what no calendar holds is put at its end."""
    # Elsewhere it may be a day later already.
    last = _LAST if zone is UTC else _LAST - _DAY
    return (_EPOCH + timedelta(milliseconds=max(0, min(time, last)))).astimezone(zone)


def iso(time: int) -> str:
    """``2023-07-10T12:09:44.518Z``, for machines."""
    return moment(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hour(time: int, *, zone: tzinfo = UTC) -> str:
    """``12:09:44``."""
    return moment(time, zone).strftime("%H:%M:%S")


def full(time: int, *, weekday: str = "%A", zone: tzinfo = UTC) -> str:
    """``Monday 10 July 2023, 12:09:44.518 UTC``."""
    at = moment(time, zone)
    clock = f"{at:%H:%M:%S}.{time % 1000:03d} {short(at)}"
    return f"{at:{weekday}} {at.day} {at:%B} {at.year}, {clock}"


def short(at: datetime) -> str:
    """What its zone is called just then: ``UTC``, ``CEST``; ``UTC+03`` where it has no name."""
    name = at.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


def brief(time: int, *, zone: tzinfo = UTC) -> str:
    """``10 Jul 2023, 12:09``, with seconds only where there are some."""
    at = moment(time, zone)
    seconds = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{at.day} {at:%b} {at.year}, {seconds}"


def near(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``12:09:44`` of today, ``7 Jul 08:37`` of this year, ``7 Jul 2022`` of another."""
    at, today = moment(time, zone), moment(now, zone)
    if at.date() == today.date():
        return hour(time, zone=zone)
    return (
        f"{at.day} {at:%b} {at:%H:%M}" if at.year == today.year else f"{at.day} {at:%b} {at.year}"
    )


def day(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``Today, Monday 10 July``; the year only where it is another."""
    at, today = moment(time, zone), moment(now, zone)
    near = {0: "Today, ", 1: "Yesterday, "}.get((today.date() - at.date()).days, "")
    return near + date(time, now, zone=zone)


def date(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``Monday 10 July``; the year only where it is another."""
    at = moment(time, zone)
    year = f" {at.year}" if at.year != moment(now, zone).year else ""
    return f"{at:%A} {at.day} {at:%B}{year}"


def ago(time: int, now: int) -> str:
    """``37s ago``, ``5m ago``, ``3h ago``, ``12d ago``, ``2y ago``; ``now`` for the future."""
    seconds = (now - time) // 1000
    if seconds < 1:
        return "now"
    for below, unit, letter in _STEPS:
        if seconds < below:
            return f"{seconds // unit}{letter} ago"
    return f"{seconds // (86_400 * 365)}y ago"


def span(milliseconds: int) -> str:
    """How long something took: ``3 ms``, ``1.2 s``, ``4 min``, ``5 h``, ``12 days``."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds // 3600:.0f} h"
    return f"{seconds // 86_400:.0f} days"


def since(time: int, now: int) -> str:
    """How long it is since *time*, as :func:`span` says it."""
    return span(max(0, now - time))
