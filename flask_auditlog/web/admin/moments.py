"""Times as a reader wants them. All are epoch milliseconds; they are shown in UTC, or in another zone. Pure."""

from __future__ import annotations

import time as clock
from datetime import datetime
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC

from ..words import _
from ..words import N_
from ..words import ngettext
from . import dates

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999  # the end of the year 9999
_DAY = 86_400_000
_STEPS = (
    (60, 1, N_("%(number)ss ago")),
    (3600, 60, N_("%(number)sm ago")),
    (86_400, 3600, N_("%(number)sh ago")),
    (86_400 * 365, 86_400, N_("%(number)sd ago")),
)


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


def full(time: int, *, whole: bool = True, zone: tzinfo = UTC) -> str:
    """``Monday 10 July 2023, 12:09:44.518 UTC``; ``Mon`` where it is not to be *whole*."""
    at = moment(time, zone)
    day = dates.on_weekday(at, dates.day_month_year(at, whole=True), whole=whole)
    return dates.at_clock(day, exact(time, zone=zone))


def exact(time: int, *, zone: tzinfo = UTC) -> str:
    """``12:09:44.518 UTC``."""
    at = moment(time, zone)
    return f"{at:%H:%M:%S}.{time % 1000:03d} {short(at)}"


def short(at: datetime) -> str:
    """What its zone is called just then: ``UTC``, ``CEST``; ``UTC+03`` where it has no name."""
    name = at.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


def brief(time: int, *, zone: tzinfo = UTC) -> str:
    """``10 Jul 2023, 12:09``, with seconds only where there are some."""
    at = moment(time, zone)
    seconds = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return dates.at_clock(dates.day_month_year(at), seconds)


def near(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``12:09:44`` of today, ``7 Jul 08:37`` of this year, ``7 Jul 2022`` of another."""
    at, today = moment(time, zone), moment(now, zone)
    if at.date() == today.date():
        return hour(time, zone=zone)
    if at.year == today.year:
        return f"{dates.day_month(at)} {at:%H:%M}"
    return dates.day_month_year(at)


def day(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``Today, Monday 10 July``; the year only where it is another."""
    at, today = moment(time, zone), moment(now, zone)
    said = date(time, now, zone=zone)
    days = (today.date() - at.date()).days
    if days == 0:
        return _("Today, %(day)s", day=said)
    return _("Yesterday, %(day)s", day=said) if days == 1 else said


def date(time: int, now: int, *, zone: tzinfo = UTC) -> str:
    """``Monday 10 July``; the year only where it is another."""
    at = moment(time, zone)
    is_other = at.year != moment(now, zone).year
    return dates.on_weekday(
        at, (dates.day_month_year if is_other else dates.day_month)(at, whole=True)
    )


def ago(time: int, now: int) -> str:
    """``37s ago``, ``5m ago``, ``3h ago``, ``12d ago``, ``2y ago``; ``now`` for the future."""
    seconds = (now - time) // 1000
    if seconds < 1:
        return _("now")
    for below, unit, said in _STEPS:
        if seconds < below:
            return _(said, number=seconds // unit)
    return _("%(number)sy ago", number=seconds // (86_400 * 365))


def span(milliseconds: int) -> str:
    """How long something took: ``3 ms``, ``1.2 s``, ``4 min``, ``5 h``, ``12 days``."""
    if milliseconds < 1000:
        return _("%(number)s ms", number=milliseconds)
    seconds = milliseconds / 1000
    if seconds < 60:
        return _("%(number)s s", number=f"{seconds:.1f}")
    if seconds < 3600:
        return _("%(number)s min", number=int(seconds // 60))
    if seconds < 172_800:
        return _("%(number)s h", number=int(seconds // 3600))
    return ngettext("%(number)s day", "%(number)s days", int(seconds // 86_400))


def since(time: int, now: int) -> str:
    """How long it is since *time*, as :func:`span` says it."""
    return span(max(0, now - time))
