"""What may stand in an address, of the tables that read it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from ....event import OPERATIONS
from ....event import SOURCES
from ....export import FORMATS
from ....settings import Limits
from ....settings import REALM_NAME
from ....store.language import LONGEST as LONGEST_QUERY
from ....store.language.values import boolean
from ....store.language.values import operation
from ....store.language.values import source
from ....store.webhooks import STATES
from ...args import DETAILS
from ...args import FILTERS
from ...args import LANGUAGE
from ...args import LONGEST_VALUE
from ...args import MOST_DETAILS
from ..feed import NOW
from ..following import LONGEST_WAIT
from ..paging import MOST
from .shapes import FLAG
from .shapes import Node
from .shapes import one_of
from .shapes import WHOLE

# How the values of a filter stand in the address, by what reads them. All others are text.
_READ: Mapping[Callable[[str], Any], Node] = {
    boolean: FLAG,
    operation: one_of(OPERATIONS),
    source: one_of(SOURCES),
}
_SOME_TEXT: Node = {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE}

_PATH: Mapping[str, Node] = {
    "realm": {
        "description": "The realm. A token belongs to one.",
        "schema": {"type": "string", "pattern": f"^{REALM_NAME.pattern}$"},
        "example": "default",
    },
    "uid": {
        "description": "The `uid` of the event.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "kind": {"description": "The kind of the event.", "schema": one_of(("admin", "user"))},
}
_ID: Node = {"schema": {"type": "string", "format": "uuid"}}


def in_path(name: str) -> Node:
    """Return a parameter that is a part of the path."""
    return {"name": name, "in": "path", "required": True, **_PATH.get(name, _ID)}


def ref(name: str) -> Node:
    """Return a reference to a filter."""
    return {"$ref": f"#/components/parameters/{name}"}


def _query(name: str, description: str, schema: Node, **more: Any) -> Node:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def filters() -> list[Node]:
    """Return the filters of a search."""
    found = [
        _query(
            name,
            it.help,
            _READ.get(it.read, _SOME_TEXT),
            example=it.read(it.example) if it.read is boolean else it.example,
        )
        for name, it in FILTERS.items()
    ]
    found += [
        _query(
            "q", LANGUAGE["q"], _SOME_TEXT | {"maxLength": LONGEST_QUERY}, example="type:invoice.*"
        ),
        _query("zone", LANGUAGE["zone"], _SOME_TEXT, example="Europe/Stockholm"),
    ]
    # One parameter for each path within the details: only so can OpenAPI say it.
    details: Node = {
        "type": "object",
        "propertyNames": {"pattern": f"^{DETAILS}.+$".replace(".", r"\.", 1)},
        "additionalProperties": {"type": "string"},
        "maxProperties": MOST_DETAILS,
    }
    words = "This text stands in `details`, at this dotted path: `details.plan=pro`."

    return [*found, _query("details", words, details, style="form", explode=True)]


def paging(limits: Limits) -> list[Node]:
    """Return what says which page of a search."""
    schema = WHOLE | {"minimum": 1, "maximum": limits.page_max}
    cursor = "The `next` of the page before, with the same filters."

    return [
        _query("limit", "The size of the page.", schema, example=50),
        _query("cursor", cursor, _SOME_TEXT),
    ]


def following(limits: Limits) -> list[Node]:
    """Return what says where the feed goes on."""
    limit, cursor = paging(limits)
    cursor["description"] = f"The `cursor` of the answer before; `{NOW}` is behind the last record."

    return [limit, cursor, _wait()]


def polling(limits: Limits) -> list[Node]:
    """Return what says where a poll goes on."""
    limit, _ = paging(limits)
    words = "The `iterator` of the answer before; without it, from when the webhook was made."

    return [limit, _query("iterator", words, _SOME_TEXT), _wait()]


def _wait() -> Node:
    schema = WHOLE | {"minimum": 0, "maximum": LONGEST_WAIT}

    return _query("wait", "Seconds that may pass until there is a record.", schema, example=0)


def format_of_export() -> Node:
    """Return the parameter that says in which format."""
    return _query("format", "The format.", one_of(tuple(FORMATS)), required=True)


def columns_of_export() -> Node:
    """Return the parameter that says which columns of a table."""
    words = "The columns of CSV or Parquet, separated by commas, also `details.<path>`; without it, all."

    return _query("columns", words, _SOME_TEXT, example="time,type,details.plan.name")


def page() -> list[Node]:
    """Return which part of a list, in Phase Two's words."""
    most = f"How many; at most {MOST}."

    return [
        _query("first", "How many to leave out.", WHOLE | {"minimum": 0}, example=0),
        _query("max", most, WHOLE | {"minimum": 0}, example=MOST),
    ]


def state() -> Node:
    """Return the filter of sends."""
    return _query("state", "Only those in this state.", one_of(STATES))


def force() -> Node:
    """Return whether to send to a webhook that is disabled."""
    return _query("force", "Also to a webhook that is disabled.", FLAG)


def idempotency_key() -> Node:
    """Return the header that makes a request one and the same."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A name you choose for this request. Sent again, it gets the first answer.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "example": "import-2023-07-10",
    }
