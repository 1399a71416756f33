"""What stands in an address, made into a query. Every value is checked; none is echoed.

A misspelt or empty filter is an error: it must never mean "everything".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from difflib import get_close_matches
from ipaddress import ip_network
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import Any

from werkzeug.datastructures import MultiDict

from ..errors import QueryError
from ..event import OPERATIONS
from ..recorder.plain import clip
from ..settings import Limits
from ..store.query import Query

Params = MultiDict[str, str] | Mapping[str, str]

PAGING = ("limit", "cursor")
DETAILS = "details."

LONGEST_VALUE = 1000
LONGEST_TEXT = 256
MOST_STARS = 8
MOST_DETAILS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Whole numbers beyond this are no time: the year 33658.
_DIGITS = re.compile(r"-?[0-9]{1,15}")
# From 1 up to here, which is March 1973, they are rather a year, a date or seconds.
_MILLISECONDS = 10**11
# A plus sign in an address means a space: 2023-07-10T12:00:00+02:00 arrives like this.
_LOST_PLUS = re.compile(r"(.*T[0-9:.]+) ([0-9]{2}:?[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: how its value is read, and what it finds (a sentence for the docs)."""

    read: Callable[[str], Any]
    help: str


def _text(value: str) -> str:
    return value


def _pattern(value: str) -> str:
    if value.count("*") > MOST_STARS:
        raise ValueError(f"may hold at most {MOST_STARS} stars")
    return value


def _free_text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"may be at most {LONGEST_TEXT} characters long")
    return value


def _boolean(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def _operation(value: str) -> str:
    if value not in OPERATIONS:
        raise ValueError(f"must be one of {', '.join(OPERATIONS)}")
    return value


def _network(value: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an IP address, or a network such as 10.0.0.0/8") from None


def read_time(value: str) -> int:
    """Return epoch milliseconds, of themselves or of an ISO 8601 date or time.

    Without a zone it is UTC. :raises ValueError: when it is neither, and for a number that
        is a time of 1970 only by mistake, since that would find everything.
    """
    if _DIGITS.fullmatch(value):
        return _milliseconds(int(value))
    lost = _LOST_PLUS.fullmatch(value)
    try:
        moment = datetime.fromisoformat(f"{lost[1]}+{lost[2]}" if lost else value)
    except ValueError:
        raise ValueError(
            "must be a time: milliseconds since 1970, or ISO 8601 such as 2023-07-10T12:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)

    return (moment - _EPOCH) // _MILLISECOND


def _milliseconds(number: int) -> int:
    if 0 < number < _MILLISECONDS:
        raise ValueError(
            "must be in milliseconds since 1970 where it is a number; this one is too small. "
            "Write seconds with three more zeros, and a date as 2023-07-10"
        )
    return number


FILTERS: Mapping[str, Filter] = {
    "type": Filter(_pattern, "The type; `*` stands for any text."),
    "actor": Filter(_text, "The user id or the username of who did it."),
    "user": Filter(_text, "The user id of who did it."),
    "username": Filter(_text, "The username of who did it."),
    "client": Filter(_text, "The client they used: an app, or the name of a token."),
    "session": Filter(_text, "The session they were in, as its hash."),
    "ip": Filter(_network, "The address they came from, or a network (CIDR)."),
    "org": Filter(_text, "The organization."),
    "resource": Filter(_pattern, "The path of the resource, and all below it."),
    "resource_type": Filter(_text, "The type of the resource."),
    "operation": Filter(_operation, "`CREATE`, `UPDATE`, `DELETE` or `ACTION`."),
    "error": Filter(_boolean, "`true`: only what failed; `false`: only what did not."),
    "request": Filter(_text, "The id of the request."),
    "after": Filter(read_time, "At this time or later: epoch milliseconds or ISO 8601."),
    "before": Filter(read_time, "Earlier than this time: epoch milliseconds or ISO 8601."),
    "text": Filter(_free_text, "Text anywhere in the event, in upper or lower case."),
    "reads": Filter(
        _boolean,
        "`true`: also what people did to the log itself (reads, tokens, realms), and its own news (started, upgraded).",
    ),
}


def query_from(params: Params, *, also: Collection[str] = PAGING) -> Query:
    """Return the query in *params*.

    :param also: parameters that are not filters and are read by somebody else.
    :raises QueryError: with the field, for what is unknown, repeated or not a value.
    """
    values: dict[str, Any] = {}
    details: list[tuple[str, str]] = []
    for name, value in checked(params).items():
        if name in FILTERS:
            values[name] = _read(name, value)
        elif name.startswith(DETAILS):
            details.append((name.removeprefix(DETAILS), value))
        elif name not in also:
            raise _unknown(name, also)
    if len(details) > MOST_DETAILS:
        raise QueryError(f"At most {MOST_DETAILS} filters on details at once.", field="details")

    return Query(details=tuple(details), **values)


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

    return params


def checked(params: Params) -> dict[str, str]:
    """Return *params*, each once. :raises QueryError: when repeated, empty or too long."""
    values: dict[str, str] = {}
    for name, value in _pairs(params):
        if name in values:
            raise QueryError(f"`{clip(name)}` is given twice.", field=clip(name))
        if not value and not name.startswith(DETAILS):
            raise QueryError(f"`{clip(name)}` is empty. Leave it out.", field=clip(name))
        if len(value) > LONGEST_VALUE or len(name) > LONGEST_VALUE:
            message = f"`{clip(name)}` is longer than {LONGEST_VALUE:,} characters."
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


def _read(name: str, value: str) -> Any:
    try:
        return FILTERS[name].read(value)
    except ValueError as error:
        raise QueryError(f"`{name}` {error}.", field=name) from error


def _unknown(name: str, also: Collection[str]) -> QueryError:
    shown = clip(name)
    if name == "q":
        message = "`q` is reserved for the query language. Use the filters, such as `type`."
        return QueryError(message, field=shown)
    known = [*FILTERS, f"{DETAILS}<path>", *also]
    near = get_close_matches(name.lower(), known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" Known: {', '.join(known)}."

    return QueryError(f"`{shown}` is not a filter.{hint}", field=shown)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (IPv4Network, IPv6Network)) and value.num_addresses == 1:
        return str(value.network_address)
    return str(value)


def _write_time(time: int) -> str:
    try:
        moment = _EPOCH + time * _MILLISECOND
    except OverflowError:
        return str(time)

    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
