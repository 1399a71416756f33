"""The fields of the language: what each finds, and what its values are. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .expression import Operator
from .times import read_span
from .values import free_text
from .values import network
from .values import operation
from .values import source

# Beside ``is``, which all of them take.
PATTERNS: frozenset[Operator] = frozenset({"like", "exists"})
COMPARED: frozenset[Operator] = frozenset({">=", "<=", ">", "<", "to"})


@dataclass(frozen=True, slots=True)
class Field:
    """How a value is checked, what else may be said of it than what it is, and what it finds."""

    check: Callable[[str], Any]
    operators: frozenset[Operator]
    help: str


def _any(value: str) -> str:
    return value


def _some(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return free_text(value)


def _time(value: str) -> tuple[int, int]:
    return read_span(value, now=0)


FIELDS: Mapping[str, Field] = {
    "type": Field(_any, PATTERNS, "The type."),
    "actor": Field(_any, PATTERNS, "The user id or the username of who did it."),
    "user": Field(_any, PATTERNS, "The user id of who did it."),
    "username": Field(_any, PATTERNS, "The username of who did it."),
    "client": Field(_any, PATTERNS, "The client they used: an app, or the name of a token."),
    "session": Field(_any, PATTERNS, "The session they were in, as its hash."),
    "ip": Field(network, frozenset({"exists"}), "The address they came from, or a network (CIDR)."),
    "org": Field(_any, PATTERNS, "The organization."),
    "resource": Field(_any, PATTERNS, "The path of the resource, and all below it."),
    "resource_type": Field(_any, PATTERNS, "The type of the resource."),
    "operation": Field(
        operation, frozenset({"exists"}), "`CREATE`, `UPDATE`, `DELETE` or `ACTION`."
    ),
    "error": Field(_any, PATTERNS, "The error. `error:*` is any, `-error:*` none."),
    "request": Field(_any, PATTERNS, "The id of the request."),
    "source": Field(
        source, frozenset(), "How it came: `capture`, `api`, `import` or `system`, the log itself."
    ),
    "time": Field(_time, COMPARED, "When it happened."),
    "after": Field(_time, frozenset(), "At this time or later."),
    "before": Field(_time, frozenset(), "Earlier than this time."),
    "text": Field(
        _some,
        frozenset(),
        "Text anywhere in the event, its letters A to Z in either case; as bare words.",
    ),
}
DETAILS_FIELD = Field(_any, PATTERNS | COMPARED, "What stands in `details`, at this dotted path.")
TIMES = frozenset({"time", "after", "before"})


def field_of(name: str) -> Field:
    """Return the field of a term's name."""
    return FIELDS.get(name, DETAILS_FIELD)
