"""Days in the reader's language: the names of months and weekdays, and the order of their parts. Pure."""

from __future__ import annotations

from datetime import datetime

from ..words import _
from ..words import N_

# Each one text with a space between its parts, so that a translator sees all of them.
_MONTHS = N_(
    "January February March April May June July August September October November December"
)
_MON = N_("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
_WEEKDAYS = N_("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_WED = N_("Mon Tue Wed Thu Fri Sat Sun")


def month(at: datetime, *, whole: bool = False) -> str:
    """``Jul``; as a *whole*, ``July``."""
    return _one_of(_MONTHS if whole else _MON, at.month - 1)


def day_month(at: datetime, *, whole: bool = False) -> str:
    """``10 Jul``, ``10 July``."""
    return _("%(day)s %(month)s", day=at.day, month=month(at, whole=whole))


def day_month_year(at: datetime, *, whole: bool = False) -> str:
    """``10 Jul 2023``, ``10 July 2023``."""
    return _("%(day)s %(month)s %(year)s", day=at.day, month=month(at, whole=whole), year=at.year)


def on_weekday(at: datetime, day: str, *, whole: bool = True) -> str:
    """``Monday 10 July``, of the words for a day."""
    name = _one_of(_WEEKDAYS if whole else _WED, at.weekday())
    return _("%(weekday)s %(day)s", weekday=name, day=day)


def at_clock(day: str, clock: str) -> str:
    """``10 Jul 2023, 12:09``, of the words for a day and a time."""
    return _("%(day)s, %(time)s", day=day, time=clock)


def span_of(first: str, last: str) -> str:
    """``10 Jul to 12 Jul``, of the words for two days or times."""
    return _("%(first)s to %(last)s", first=first, last=last)


def _one_of(names: str, place: int) -> str:
    said = _(names).split()
    return said[place] if len(said) == len(names.split()) else names.split()[place]
