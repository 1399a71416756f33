"""What stands in an address, made into a query. Every value is checked; none is echoed.

A misspelt or empty filter is an error: it must never mean "everything".
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC
from difflib import get_close_matches
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import Any

from werkzeug.datastructures import MultiDict

from ..errors import QueryError
from ..recorder.plain import clip
from ..settings import Limits
from ..store.language import adding
from ..store.language import LONGEST as LONGEST_QUERY
from ..store.language import parse_query
from ..store.language import printed
from ..store.language import Term
from ..store.language import times
from ..store.language.values import boolean
from ..store.language.values import free_text
from ..store.language.values import network
from ..store.language.values import operation
from ..store.language.values import pattern
from ..store.language.values import source
from ..store.query import Query

Params = MultiDict[str, str] | Mapping[str, str]

PAGING = ("limit", "cursor")
# The query language, and the time zone of its days and times, and of the filters'.
LANGUAGE: Mapping[str, str] = {
    "q": 'A query in the query language, joined by "and" to the other filters.',
    "zone": "The time zone of days and times that name none, as `Europe/Stockholm`; else UTC.",
}
DETAILS = "details."

LONGEST_VALUE = 1000
MOST_DETAILS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIMES = frozenset({"after", "before"})
# A plus sign in an address means a space: 2023-07-10T12:00:00+02:00 arrives like this.
_LOST_PLUS = re.compile(r"(.*T[0-9:.]+) ([0-9]{2}:?[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: how its value is read, what it finds (a sentence for the docs), and one to try."""

    read: Callable[[str], Any]
    help: str
    example: str


def _text(value: str) -> str:
    return value


def read_time(value: str, zone: tzinfo = UTC) -> int:
    """Return epoch milliseconds, of a time as the query language has it: also counted from now.

    Without a zone of its own it is in *zone*. :raises ValueError: when it is none, and for a
        number that is a time of 1970 only by mistake, since that would find everything.
    """
    if times.is_counted(value):
        return times.read_span(value, now=time.time_ns() // 1_000_000, zone=zone)[0]
    lost = _LOST_PLUS.fullmatch(value)

    return times.read_time(f"{lost[1]}+{lost[2]}" if lost else value, zone=zone)


FILTERS: Mapping[str, Filter] = {
    "type": Filter(pattern, "The type; `*` stands for any text.", "invoice.*"),
    "actor": Filter(_text, "The user id or the username of who did it.", "alice@acme.test"),
    "user": Filter(_text, "The user id of who did it.", "42"),
    "username": Filter(_text, "The username of who did it.", "alice@acme.test"),
    "client": Filter(_text, "The client they used: an app, or the name of a token.", "billing"),
    "session": Filter(_text, "The session they were in, as its hash.", "c3ab8ff1"),
    "ip": Filter(network, "The address they came from, or a network (CIDR).", "10.0.0.0/8"),
    "org": Filter(_text, "The organization.", "acme"),
    "resource": Filter(pattern, "The path of the resource, and all below it.", "invoices/42"),
    "resource_type": Filter(_text, "The type of the resource.", "INVOICE"),
    "operation": Filter(operation, "`CREATE`, `UPDATE`, `DELETE` or `ACTION`.", "CREATE"),
    "error": Filter(boolean, "`true`: only what failed; `false`: only what did not.", "true"),
    "request": Filter(_text, "The id of the request.", "018e0f3c-7d0a-7cc3-98c4-dc0c0c07398f"),
    "source": Filter(
        source, "How it came: `capture`, `api`, `import` or `system`, the log itself.", "api"
    ),
    "after": Filter(
        read_time,
        "At this time or later: `-7d`, `today`, a day, ISO 8601 or epoch milliseconds.",
        "2023-07-10",
    ),
    "before": Filter(
        read_time,
        "Earlier than this time: `-7d`, `today`, a day, ISO 8601 or epoch milliseconds.",
        "1688990400000",
    ),
    "text": Filter(
        free_text,
        "Text anywhere in the event, its letters A to Z in upper or lower case.",
        "wire transfer",
    ),
    "reads": Filter(
        boolean,
        "`true`: also what people did to the log itself (reads, tokens, realms), and its own news (started, upgraded).",
        "true",
    ),
}


def query_from(params: Params, *, also: Collection[str] = PAGING) -> Query:
    """Return the query in *params*.

    :param also: parameters that are not filters and are read by somebody else.
    :raises QueryError: with the field, for what is unknown, repeated or not a value.
    """
    given = checked(params)
    values = _language(given)
    zone = times.zone_of(values.get("zone", "UTC"))
    details: list[tuple[str, str]] = []
    for name, value in given.items():
        if name in _TIMES and times.is_counted(value):
            # Until it is searched for: a cursor is bound to its query, and the next page to the
            # moment of the first.
            values["more"] = adding(values.get("more"), Term(name, "is", value))
        elif name in FILTERS:
            values[name] = _read(name, value, zone)
        elif name.startswith(DETAILS):
            details.append((name.removeprefix(DETAILS), value))
        elif name not in also and name not in LANGUAGE:
            raise _unknown(name, also)
    if len(details) > MOST_DETAILS:
        raise QueryError(f"At most {MOST_DETAILS} filters on details at once.", field="details")
    if "after" in values and values["after"] >= values.get("before", math.inf):
        raise QueryError("`after` must be earlier than `before`.", field="before")

    return Query(details=tuple(details), **values)


def _language(given: Mapping[str, str]) -> dict[str, Any]:
    """What the query language says, and its time zone, as fields of a query."""
    values: dict[str, Any] = {}
    if "q" in given:
        values["more"] = parse_query(given["q"])
    if "zone" in given:
        values["zone"] = given["zone"]

    return values


def paging(params: Params, limits: Limits) -> tuple[int, str | None]:
    """Return the size of the page and the cursor. :raises QueryError: when not one."""
    values = checked(params)
    limit = values.get("limit")
    if limit is None:
        return min(limits.page_size, limits.page_max), values.get("cursor")
    if not re.fullmatch(r"[0-9]{1,9}", limit) or not 1 <= int(limit) <= limits.page_max:
        message = f"`limit` must be a whole number from 1 to {limits.page_max}."
        raise QueryError(message, field="limit")

    return int(limit), values.get("cursor")


def read_flag(name: str, value: str) -> bool:
    """Return what ``true`` or ``false`` says. :raises QueryError: when it is neither."""
    try:
        return boolean(value)
    except ValueError as error:
        raise QueryError(f"`{name}` {error}.", field=name) from error


def to_params(query: Query) -> dict[str, str]:
    """Return the parameters that make *query*: what :func:`query_from` reads back."""
    params = {
        name: _write(value)
        for name in FILTERS
        if (value := getattr(query, name)) is not None and (name != "reads" or value)
    }
    for name in ("after", "before"):
        if name in params:
            params[name] = _write_time(getattr(query, name))
    params.update((f"{DETAILS}{path}", value) for path, value in query.details)
    if query.more is not None:
        params["q"] = printed(query.more)
    if query.zone != "UTC":
        params["zone"] = query.zone

    return params


def checked(params: Params) -> dict[str, str]:
    """Return *params*, each once. :raises QueryError: when repeated, empty or too long."""
    values: dict[str, str] = {}
    for name, value in _pairs(params):
        if name in values:
            raise QueryError(f"`{clip(name)}` is given twice.", field=clip(name))
        if not value and not name.startswith(DETAILS):
            raise QueryError(f"`{clip(name)}` is empty. Leave it out.", field=clip(name))
        longest = LONGEST_QUERY if name == "q" else LONGEST_VALUE
        if len(value) > longest or len(name) > LONGEST_VALUE:
            message = f"`{clip(name)}` is longer than {longest:,} characters."
            raise QueryError(message, field=clip(name))
        if "\0" in value or "\0" in name:
            message = f"`{clip(name)}` holds the character NUL, which no event holds."
            raise QueryError(message, field=clip(name))
        values[name] = value

    return values


def _pairs(params: Params) -> Iterable[tuple[str, str]]:
    if isinstance(params, MultiDict):
        return params.items(multi=True)
    return params.items()


def _read(name: str, value: str, zone: tzinfo) -> Any:
    try:
        return read_time(value, zone) if name in _TIMES else FILTERS[name].read(value)
    except ValueError as error:
        raise QueryError(f"`{name}` {error}.", field=name) from error


def _unknown(name: str, also: Collection[str]) -> QueryError:
    shown = clip(name)
    known = [*FILTERS, *LANGUAGE, f"{DETAILS}<path>", *also]
    near = get_close_matches(name.lower(), known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" Known: {', '.join(known)}."

    return QueryError(f"`{shown}` is not a filter.{hint}", field=shown)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (IPv4Network, IPv6Network)) and value.num_addresses == 1:
        return str(value.network_address)
    return str(value)


def _write_time(at: int) -> str:
    try:
        moment = _EPOCH + at * _MILLISECOND
    except OverflowError:
        return str(at)

    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
