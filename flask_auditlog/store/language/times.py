"""Times as they are written: absolute, in a time zone, or counted from now. Pure.

Each names a span: a day is all of it, anything else one millisecond. So ``time:2026-11-01``
is that day, and ``time:>2026-11-01`` begins after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time as clock
from datetime import timedelta
from datetime import timezone
from datetime import tzinfo
from datetime import UTC
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones
from zoneinfo import ZoneInfo

from ...errors import QueryError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Whole numbers beyond this are no time: the year 33658.
_DIGITS = re.compile(r"-?[0-9]{1,15}")
# From 1 up to here, which is March 1973, they are rather a year, a date or seconds.
_MILLISECONDS = 10**11
_AGO = re.compile(r"-([0-9]{1,6})([smhdw])")
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS_AGO = {"today": 0, "yesterday": 1}
# Whenever and wherever it is asked lies between these: 1970 and 9999, and the ends of the map.
_ASKED = tuple(
    (now, timezone(timedelta(hours=hours)))
    for now in (0, 253_370_764_800_000)
    for hours in (-14, 14)
)


def zone_of(name: str) -> tzinfo:
    """Return the time zone of this name, as ``Europe/Stockholm``, in upper or lower case.

    :raises QueryError: when there is none; with what was meant, where that can be guessed.
    """
    if name == "UTC":
        # Also where there is no database of time zones.
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        if (known := _by_lower().get(name.lower())) is not None:
            return ZoneInfo(known)
        raise _no_zone(name) from error


def _no_zone(name: str) -> QueryError:
    meant = _meant(name.strip().lower().replace(" ", "_")[:60])
    if meant is not None:
        message = f"`zone` must be the name of a time zone: did you mean `{meant}`?"
    elif _by_lower():
        message = "`zone` must be the name of a time zone, such as Europe/Stockholm."
    else:
        message = (
            "`zone` must be the name of a time zone, such as Europe/Stockholm. "
            "The package tzdata brings them to a system that has none."
        )

    return QueryError(message, field="zone", meant=meant)


def _meant(wanted: str) -> str | None:
    """The zone of this name, or of the city that is its last part, or the nearest to either."""
    known, cities = _by_lower(), _by_city()
    if name := known.get(wanted) or cities.get(wanted):
        return name
    if near := get_close_matches(wanted, known, n=1, cutoff=0.8):
        return known[near[0]]
    near = get_close_matches(wanted.rpartition("/")[2], cities, n=1, cutoff=0.8)

    return cities[near[0]] if near else None


@lru_cache(maxsize=1)
def _by_lower() -> dict[str, str]:
    """The names there are. Where the database is a directory, all of it is read: once."""
    return {name.lower(): name for name in sorted(available_timezones())}


@lru_cache(maxsize=1)
def _by_city() -> dict[str, str]:
    """Those with a place; of two with the same, as `Asia/Istanbul`, the one in Europe."""
    return {name.rpartition("/")[2].lower(): name for name in _by_lower().values() if "/" in name}


def is_counted(text: str) -> bool:
    """Whether the time depends on when it is asked."""
    return text == "now" or text in _DAYS_AGO or _AGO.fullmatch(text) is not None


def read_span(text: str, *, now: int, zone: tzinfo = UTC) -> tuple[int, int]:
    """Return the first millisecond, and the one after the last, of what *text* names.

    :param now: what ``-7d``, ``now`` and ``today`` are counted from.
    :param zone: that of days, and of times that name none.
    :raises ValueError: when it is no time.
    """
    if text == "now":
        return now, now + 1
    if ago := _AGO.fullmatch(text):
        start = now - int(ago[1]) * _UNITS[ago[2]]
        return start, start + 1
    if text in _DAYS_AGO:
        here = (_EPOCH + now * _MILLISECOND).astimezone(zone)
        return _day(here - timedelta(days=_DAYS_AGO[text]), zone)
    if _DAY.fullmatch(text):
        return _day(_moment(text), zone)
    start = read_time(text, zone=zone)

    return start, start + 1


def never(after: Sequence[str], before: Sequence[str], *, inclusive: bool = False) -> bool:
    """Whether no moment is at all of *after* or later and earlier than all of *before*,
    whenever and in whichever time zone it is asked.

    :param inclusive: whether what *before* names still belongs to it.
    :raises ValueError: when one of them is no time.
    """
    return all(
        max(read_span(each, now=now, zone=zone)[0] for each in after)
        >= min(read_span(each, now=now, zone=zone)[inclusive] for each in before)
        for now, zone in _ASKED
    )


def read_time(text: str, *, zone: tzinfo = UTC) -> int:
    """Return epoch milliseconds, of themselves or of an ISO 8601 date or time.

    :param zone: where it is, if it does not say so.
    :raises ValueError: when it is neither, and for a number that is a time of 1970 only by
        mistake, since that would find everything.
    """
    if _DIGITS.fullmatch(text):
        return _milliseconds(int(text))
    moment = _moment(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)

    return (moment - _EPOCH) // _MILLISECOND


def _milliseconds(number: int) -> int:
    if 0 < number < _MILLISECONDS:
        raise ValueError(
            "must be in milliseconds since 1970 where it is a number; this one is too small. "
            "Write seconds with three more zeros, and a date as 2023-07-10"
        )
    return number


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _no_time(text) from None


def _no_time(text: str) -> ValueError:
    if _AGO.fullmatch(f"-{text}"):
        return ValueError("must have a minus where it is counted from now, as in -7d")
    if _DAY.match(text) and not _is_day(text[:10]):
        return ValueError("names a day that does not exist")
    return ValueError(
        "must be a time: -7d, today, a day such as 2026-11-01, ISO 8601 such as "
        "2026-11-01T12:00:00Z, or milliseconds since 1970"
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False

    return True


def _day(moment: datetime, zone: tzinfo) -> tuple[int, int]:
    """The day of *moment*, which may have 23 or 25 hours."""
    first = datetime.combine(moment.date(), clock(), zone)
    try:
        end = datetime.combine(moment.date() + timedelta(days=1), clock(), zone)
    except OverflowError:
        raise ValueError("must be before the year 10000") from None

    return (first - _EPOCH) // _MILLISECOND, (end - _EPOCH) // _MILLISECOND
