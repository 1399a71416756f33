"""The columns of a table of events: which there are, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ...errors import QueryError
from ...event import Actor
from ...event import Event
from ...recorder.plain import clip
from ...store.language.expression import DETAILS
from ...store.language.values import names_of
from ...store.language.values import path_of
from ..words import _
from ..words import N_
from .display import value_text

# Beside the time, which is the way to the event.
TITLES: Mapping[str, str] = {
    "type": N_("Type"),
    "actor": N_("Actor"),
    "what": N_("Resource and error"),
    "ip": N_("IP"),
    "org": N_("Organization"),
    "client": N_("Client"),
    "session": N_("Session"),
    "request": N_("Request"),
    "operation": N_("Operation"),
    "resource_type": N_("Resource type"),
    "source": N_("Source"),
}
# What stands in a column, as columns of a file (see :mod:`...export.columns`).
_IN_FILE: Mapping[str, tuple[str, ...]] = {
    "actor": ("user", "username"),
    "what": ("resource_path", "error"),
    "org": ("organization",),
}
DEFAULT = ("type", "actor", "what", "ip", "org")
MOST = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``filter`` is the one that a value of it is searched for with, if there is one."""

    name: str
    title: str

    @property
    def filter(self) -> str | None:
        """The filter of its values."""
        return None if self.name == "what" else self.name

    @property
    def is_default(self) -> bool:
        """Whether it stands there unless others are chosen."""
        return self.name in DEFAULT

    def text(self, event: Event) -> str:
        """What stands there of *event*; nothing where it has none."""
        path = self.name.removeprefix(DETAILS)
        value = _within(event.details, path) if path != self.name else _known(event)[self.name]
        return "" if value is None else value_text(value)


def columns_of(chosen: str | None, *, with_org: bool) -> list[Column]:
    """The columns that were chosen, as ``type,actor,details.plan``; by default those of most use.

    :param with_org: whether there are several organizations to tell apart.
    :raises QueryError: when there is none of that name.
    """
    names = chosen.split(",") if chosen else DEFAULT
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(names) > MOST:
        raise QueryError(f"At most {MOST} columns at once.", field="columns")
    columns = [_column(name) for name in names]

    return [column for column in columns if with_org or column.name != "org"]


def file_columns(chosen: str | None) -> str | None:
    """The columns of a file with what stands in these columns of a page; ``None`` without any.

    What is none is left for the export to refuse.
    """
    if chosen is None:
        return None
    names = ("time", *(name.strip() for name in chosen.split(",") if name.strip()))
    inside = [each for name in names for each in _IN_FILE.get(name, (name,))]

    return ",".join(dict.fromkeys(inside))


def choices(*, with_org: bool) -> list[Column]:
    """The columns with a name of their own."""
    return [Column(name, _(title)) for name, title in TITLES.items() if with_org or name != "org"]


def _column(name: str) -> Column:
    if name in TITLES:
        return Column(name, _(TITLES[name]))
    if (path := path_of(name)) is not None:
        return Column(f"{DETAILS}{path}", path)
    near = get_close_matches(name.lower(), TITLES, n=1)
    hint = (
        f" Did you mean `{near[0]}`?" if near else f" Known: {', '.join(TITLES)}, details.<path>."
    )
    raise QueryError(f"`{clip(name)}` is not a column.{hint}", field="columns")


def _known(event: Event) -> Mapping[str, str | None]:
    actor = event.auth_details or Actor()
    return {
        "type": event.type,
        "actor": actor.username or actor.user_id,
        "what": event.resource_path,
        "ip": actor.ip_address,
        "org": event.organization_id,
        "client": actor.client_id,
        "session": actor.session_id,
        "request": event.request_id,
        "operation": event.operation_type,
        "resource_type": event.resource_type,
        "source": event.source,
    }


def _within(value: Any, path: str) -> Any:
    for key in names_of(path):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
