"""A record as a row of a table: which columns there are, and what of the record each holds.

Beside those with a name of their own, any path of the details is one, as ``details.plan.name``.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import msgspec

from ..errors import QueryError
from ..event import Actor
from ..store.language.expression import DETAILS
from ..store.language.values import path_of

# A text, a time in epoch milliseconds, a whole number, an object as JSON, what stands at a path
# of the details.
Kind = Literal["text", "time", "whole", "json", "detail"]

# Each of them reads the details of every record anew.
MOST_PATHS = 64

_NOBODY = Actor()


class Row(msgspec.Struct, rename="camel", gc=False):
    """A body as a table needs it: ``details`` stays the text it is."""

    uid: str = ""
    time: int | None = None
    realm_id: str | None = None
    organization_id: str | None = None
    type: str | None = None
    operation_type: str | None = None
    resource_type: str | None = None
    resource_path: str | None = None
    representation: str | None = None
    error: str | None = None
    auth_details: Actor = _NOBODY
    request_id: str | None = None
    traceparent: str | None = None
    user_agent: str | None = None
    source: str | None = None
    token_id: str | None = None
    type_version: int | None = None
    details: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class Column:
    """``path`` is where its value stands: in the row, in the record around it, or in the details."""

    name: str
    path: str
    kind: Kind = "text"
    of_record: bool = False


# In this order for ever; new columns are added at the end. `position` comes first, where
# the reader may see it.
COLUMNS: Mapping[str, Column] = {
    each.name: each
    for each in (
        Column("position", "position", "whole", of_record=True),
        Column("received_time", "received_time", "time", of_record=True),
        Column("time", "time", "time"),
        Column("type", "type"),
        Column("realm", "realm_id"),
        Column("organization", "organization_id"),
        Column("user", "auth_details.user_id"),
        Column("username", "auth_details.username"),
        Column("client", "auth_details.client_id"),
        Column("ip", "auth_details.ip_address"),
        Column("session", "auth_details.session_id"),
        Column("operation", "operation_type"),
        Column("resource_type", "resource_type"),
        Column("resource_path", "resource_path"),
        Column("error", "error"),
        Column("request", "request_id"),
        Column("source", "source"),
        Column("uid", "uid"),
        Column("details", "details", "json"),
        Column("representation", "representation"),
        Column("actor_realm", "auth_details.realm_id"),
        Column("traceparent", "traceparent"),
        Column("user_agent", "user_agent"),
        Column("token", "token_id"),
        Column("type_version", "type_version", "whole"),
    )
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What of each record is written down.

    :param positions: whether the reader may see them (``scope.shows_position``).
    :param chosen: the names of columns, in their order; without, all.
    """

    positions: bool
    chosen: tuple[str, ...] | None = None

    @property
    def columns(self) -> list[Column]:
        """The columns of a table."""
        names = self.chosen or COLUMNS
        columns = map(column_of, names)

        return [each for each in columns if each and (self.positions or each.name != "position")]


def column_of(name: str) -> Column | None:
    """Return the column of this name, which may be a path of the details; ``None`` without any."""
    if (path := path_of(name)) is not None:
        return Column(f"{DETAILS}{path}", path, "detail")

    return COLUMNS.get(name)


def layout(columns: str | None, *, positions: bool) -> Layout:
    """Return the layout with these columns, separated by commas; without, with all.

    :raises QueryError: when one is unknown, twice there, or not for this reader.
    """
    if columns is None:
        return Layout(positions)
    chosen = []
    for name in columns.split(","):
        column = column_of(name)
        if column is None or (name == "position" and not positions):
            raise _unknown(name, [each.name for each in Layout(positions).columns])
        chosen.append(column)
    names = tuple(column.name for column in chosen)
    if len(set(names)) < len(names):
        raise QueryError("`columns` names one column twice.", field="columns")
    if sum(column.kind == "detail" for column in chosen) > MOST_PATHS:
        message = f"`columns` names more than {MOST_PATHS} paths of details."
        raise QueryError(message, field="columns")

    return Layout(positions, names)


def _unknown(name: str, known: Sequence[str]) -> QueryError:
    if name.startswith(DETAILS):
        hint = "A path of details is names joined by dots, as in details.plan.name."
    elif near := get_close_matches(name.strip().lower()[:60], known, n=1):
        hint = f"Did you mean `{near[0]}`?"
    else:
        hint = f"Known: {', '.join(known)}, details.<path>."

    return QueryError(f"`columns` names one that there is not. {hint}", field="columns")
