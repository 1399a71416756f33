"""The search form: its fields, its chips, its ranges, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..args import read_time
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


BAR = (
    Field("type", "type", "admin.*"),
    Field("actor", "actor", "name or id"),
    Field("resource", "resource", "users/7"),
)
COLUMN = (
    Group(
        "Who",
        (
            Field("org", "Organization", "northwind"),
            Field("username", "Username", "maya@acme.test"),
            Field("user", "User id"),
            Field("session", "Session"),
            Field("client", "Client", "web-app"),
        ),
    ),
    Group("Where", (Field("ip", "IP or network", "203.0.113.0/24"), Field("request", "Request"))),
    Group(
        "What",
        (
            Field("error", "Outcome", choices=(("true", "Failed"), ("false", "Not failed"))),
            Field(
                "operation",
                "Operation",
                choices=tuple((o, o) for o in ("CREATE", "UPDATE", "DELETE", "ACTION")),
            ),
            Field("resource_type", "Resource type", "USER"),
        ),
    ),
    Group("Details", (Field(PATH, "Path", "plan.name"), Field(VALUE, "Value", "enterprise"))),
)
NAMES = frozenset(
    {"text", "after", "before"}
    | {field.name for field in BAR}
    | {field.name for group in COLUMN for field in group.fields}
)
RANGES = (
    ("Last 15 minutes", 900),
    ("Last hour", 3600),
    ("Last 6 hours", 21_600),
    ("Last 24 hours", 86_400),
    ("Last 7 days", 604_800),
    ("Last 30 days", 2_592_000),
)
_WORDS = {"true": "failed", "false": "not failed"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: its name, its value in words, and the page without it."""

    name: str
    value: str
    words: str
    without: Asked
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which field of the form; ``None`` when it is none of them."""

    message: str
    field: str | None
    name: str | None = None

    def of(self, name: str) -> bool:
        """Whether it is this field's."""
        return self.field == name


def fault_of(message: str, name: str | None) -> Fault:
    """The fault beside the field it belongs to: any path of details to their one field."""
    field = PATH if name and name.startswith("details") else name
    return Fault(message, field if field in NAMES else None, name)


def columns(*, with_org: bool) -> list[Group]:
    """The groups of the column; those who see one organization are not asked for it."""
    return [
        Group(group.name, tuple(f for f in group.fields if with_org or f.name != "org"))
        for group in COLUMN
    ]


def chips_of(asked: Asked, fault: Fault | None = None) -> list[Chip]:
    """The filters that are set, each with the page that is left when it is taken away."""
    bad = fault.name if fault else None

    return [
        Chip(
            name=name,
            value=value,
            words=_in_words(name, value),
            without=asked.without(name, value),
            is_bad=bad is not None and bad in {name, name.partition(".")[0]},
        )
        for name, value in asked.filters
        if name != "reads"
    ]


def _in_words(name: str, value: str) -> str:
    if name == "error":
        return _WORDS.get(value, value)
    if name in {"after", "before"} and (time := typed_time(value)) is not None:
        return moments.brief(time)
    return value


def typed_time(value: str) -> int | None:
    """The time that was typed, in epoch milliseconds, if it is one."""
    try:
        return read_time(value)
    except ValueError:
        return None


def range_words(after: int | None, before: int | None, now: int) -> str:
    """What the button of the range says."""
    if after is None and before is None:
        return "Any time"
    if before is None and after is not None:
        return f"Since {_near(after, now)}"
    if after is None and before is not None:
        return f"Until {_near(before, now)}"
    return f"{_near(after or 0, now)} to {_near(before or 0, now)}"


def _near(time: int, now: int) -> str:
    at, today = moments.moment(time), moments.moment(now)
    hour = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    if at.date() == today.date():
        return hour
    if at.year == today.year:
        return f"{at.day} {at:%b}, {hour}"
    return f"{at.day} {at:%b} {at.year}"


def ranges(asked: Asked, now: int) -> list[tuple[str, Asked]]:
    """The ranges of the menu, as addresses that keep their meaning when they are passed on."""
    to_the_second = now // 1000 * 1000

    return [
        (words, asked.ranged(_second(to_the_second - seconds * 1000), None))
        for words, seconds in RANGES
    ]


def _second(time: int) -> str:
    return moments.iso(time).replace(".000Z", "Z")


def local(time: int | None) -> str:
    """*time* as ``<input type="datetime-local">`` wants it, in UTC."""
    return "" if time is None else moments.iso(time).removesuffix("Z").removesuffix(".000")


def suggestions(chips: Sequence[Chip], most: int = 4) -> list[Chip]:
    """Which filters to try without, when nothing was found."""
    return list(chips[:most]) if len(chips) > 1 else []
