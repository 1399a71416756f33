"""The search form: its fields, its ranges, and what is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import tzinfo
from datetime import UTC

from ...errors import QueryError
from ...event import SOURCES
from ...store.language import parse_query
from ..args import read_time
from ..words import _
from ..words import N_
from ..words import told
from . import dates
from . import moments
from .asked import Asked
from .asked import PATH
from .asked import VALUE


@dataclass(frozen=True, slots=True)
class Field:
    """One input: its name in the address, what it is called, an example, its choices."""

    name: str
    label: str
    example: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together in the column."""

    name: str
    fields: tuple[Field, ...]


COLUMN = (
    Group(
        N_("Who"),
        (
            Field("actor", N_("Actor"), N_("name or id")),
            Field("org", N_("Organization"), "northwind"),
            Field("username", N_("Username"), "maya@acme.test"),
            Field("user", N_("User id")),
            Field("session", N_("Session")),
            Field("client", N_("Client"), "web-app"),
        ),
    ),
    Group(
        N_("Where"),
        (Field("ip", N_("IP or network"), "203.0.113.0/24"), Field("request", N_("Request"))),
    ),
    Group(
        N_("What"),
        (
            Field("type", N_("Type"), "admin.*"),
            Field("resource", N_("Resource"), "users/7"),
            Field(
                "error",
                N_("Outcome"),
                choices=(("true", N_("Failed")), ("false", N_("Not failed"))),
            ),
            Field(
                "operation",
                N_("Operation"),
                choices=tuple((o, o) for o in ("CREATE", "UPDATE", "DELETE", "ACTION")),
            ),
            Field("resource_type", N_("Resource type"), "USER"),
            Field("source", N_("Source"), choices=tuple((each, each) for each in SOURCES)),
        ),
    ),
    Group(
        N_("Details"),
        (Field(PATH, N_("Path"), "plan.name"), Field(VALUE, N_("Value"), "enterprise")),
    ),
)
NAMES = frozenset(
    {"q", "text", "after", "before", "zone"}
    | {field.name for group in COLUMN for field in group.fields}
)
# What the form sends empty too.
SENT = NAMES | {"columns"}
RANGES = (
    (N_("Last 15 minutes"), "-15m"),
    (N_("Last hour"), "-1h"),
    (N_("Last 6 hours"), "-6h"),
    (N_("Last 24 hours"), "-24h"),
    (N_("Last 7 days"), "-7d"),
    (N_("Last 30 days"), "-30d"),
)


# So many words of a query are mended at once: each is read anew.
MOST_MENDED = 10


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which field of the form; ``None`` when it is none of them."""

    message: str
    field: str | None
    name: str | None = None
    pointer: str = ""
    meant: str | None = None

    def of(self, name: str) -> bool:
        """Whether it is this field's."""
        return self.field == name


@dataclass(frozen=True, slots=True)
class Mended:
    """A page with what was meant in place of what was wrong, and the words that were meant."""

    to: Asked
    words: tuple[str, ...]


def fault_of(error: QueryError) -> Fault:
    """The fault beside the field it belongs to: any path of details to their one field."""
    name = error.field
    field = PATH if name and name.startswith("details") else name
    pointer = "" if error.column is None else " " * (error.column - 1) + "^" * error.width

    return Fault(told(error), field if field in NAMES else None, name, pointer, error.meant)


def mended(asked: Asked, fault: Fault) -> Mended | None:
    """The page with what was meant in place of what is wrong; ``None`` if nobody knows.

    A query that is still wrong then is mended further, as far as is known what it meant.
    """
    if fault.of("zone"):
        return Mended(replace(asked, zone=fault.meant), (fault.meant,)) if fault.meant else None
    words: list[str] = []
    text = next(iter(asked.values("q")), "")
    wrong: Fault | None = fault
    while wrong and wrong.meant and wrong.pointer and len(words) < MOST_MENDED:
        end = len(wrong.pointer)
        start = end - wrong.pointer.count("^")
        text = text[:start] + wrong.meant + text[end:]
        words.append(wrong.meant)
        wrong = _fault_in(text)
    kept = [pair for pair in asked.filters if pair[0] != "q"]
    to = replace(asked, filters=(*kept, ("q", text)))

    return Mended(to, tuple(dict.fromkeys(words))) if words else None


def _fault_in(text: str) -> Fault | None:
    try:
        parse_query(text)
    except QueryError as error:
        return fault_of(error)

    return None


def columns(*, with_org: bool) -> list[Group]:
    """The groups of the column; those who see one organization are not asked for it."""
    return [
        Group(group.name, tuple(f for f in group.fields if with_org or f.name != "org"))
        for group in COLUMN
    ]


def typed_time(value: str, zone: tzinfo = UTC) -> int | None:
    """The time that was typed, in epoch milliseconds, if it is one."""
    try:
        return read_time(value, zone)
    except ValueError:
        return None


def pinned(asked: Asked, zone: tzinfo) -> Asked:
    """The same page, whatever the zone: times that were typed without one are in *zone*."""
    filters = [
        (name, _pinned(value, zone) if name in {"after", "before"} else value)
        for name, value in asked.filters
    ]
    return replace(asked, filters=tuple(filters))


def _pinned(value: str, zone: tzinfo) -> str:
    try:
        is_floating = datetime.fromisoformat(value).tzinfo is None
    except ValueError:
        return value
    time = typed_time(value, zone)

    return value if time is None or not is_floating else _second(time)


def range_words(
    asked: Asked, after: int | None, before: int | None, now: int, zone: tzinfo = UTC
) -> str:
    """What the button of the range says.

    :param after: where what is asked for begins, in epoch milliseconds; *before*: where it ends.
    """
    if before is None and (named := _named(asked)):
        return named
    if after is None and before is None:
        return _("Any time")
    if before is None and after is not None:
        return _("Since %(time)s", time=_near(after, now, zone))
    if after is None and before is not None:
        return _("Until %(time)s", time=_near(before, now, zone))
    return dates.span_of(_near(after or 0, now, zone), _near(before or 0, now, zone))


def _named(asked: Asked) -> str | None:
    """The range of the menu that is asked for."""
    return next((_(words) for words, since in RANGES if asked.values("after") == [since]), None)


def _near(time: int, now: int, zone: tzinfo) -> str:
    at, today = moments.moment(time, zone), moments.moment(now, zone)
    hour = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    if at.date() == today.date():
        return hour
    if at.year == today.year:
        return dates.at_clock(dates.day_month(at), hour)
    return dates.day_month_year(at)


def ranges(asked: Asked) -> list[tuple[str, Asked]]:
    """The ranges of the menu: each is counted from when it is asked, also in a view that is saved."""
    return [(_(words), asked.ranged(since, None)) for words, since in RANGES]


def _second(time: int) -> str:
    return moments.iso(time).replace(".000Z", "Z")


def local(time: int | None, zone: tzinfo = UTC) -> str:
    """*time* as ``<input type="datetime-local">`` wants it, in *zone*."""
    if time is None:
        return ""
    at = moments.moment(time, zone).replace(tzinfo=None)
    return at.isoformat(timespec="milliseconds").removesuffix(".000")
