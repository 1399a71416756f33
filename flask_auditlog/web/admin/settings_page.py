"""The settings as they are, for the operator. Nothing can be changed here, and no secret is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ...redact import MASK
from ...settings import PREFIX
from ...settings import Settings
from ...state import current
from ..words import _
from .asked import Asked
from .asked import asked_of
from .notices import notices_for
from .visitors import operator_scope
from .visitors import realms_for

SECRET = frozenset({"keys", "catch_all_secret"})


@dataclass(frozen=True, slots=True)
class Row:
    """A setting: its key, its value as one would write it, and what it does."""

    key: str
    value: str
    is_default: bool
    help: str


@dataclass(frozen=True, slots=True)
class Group:
    """Settings under a heading."""

    name: str
    rows: tuple[Row, ...]


def settings() -> ResponseReturnValue:
    """Show what ``AUDITLOG_*`` says."""
    asked = asked_of(request.args.items(multi=True))
    scope = operator_scope(asked)
    state = current()

    return render_template(
        "auditlog/settings.html",
        current_page="settings",
        groups=groups_of(state.settings),
        place=state.store.place,
        asked=Asked((), realm=asked.realm),
        notices=notices_for(scope),
        **realms_for(scope),
    )


def groups_of(settings: Settings) -> list[Group]:
    """Return all settings: those of the app, then each group's. Pure."""
    own, groups = [], []
    for each in dataclasses.fields(settings):
        value = getattr(settings, each.name)
        key = PREFIX + each.name.upper()
        if dataclasses.is_dataclass(value):
            groups.append(Group(key, tuple(_rows(value))))
        else:
            own.append(_row(key, each, value))

    return [Group(_("The app"), tuple(own)), *groups]


def _rows(group: Any) -> Iterator[Row]:
    for each in dataclasses.fields(group):
        yield _row(each.name, each, getattr(group, each.name))


def _row(key: str, each: Any, value: Any) -> Row:
    is_default = bool(value == each.default)

    return Row(key, _shown(each.name, value), is_default, _(each.metadata["help"]))


def _shown(name: str, value: Any) -> str:
    if value and name in SECRET:
        return f"{len(value)} × {MASK}" if isinstance(value, tuple) else MASK
    if isinstance(value, str) and "://" in value:
        return _without_secrets(value)
    if isinstance(value, tuple):
        return repr([_plain(each) for each in value])

    return repr(value)


def _plain(value: Any) -> Any:
    """A rule as the dict that it was written as, without what it does not say."""
    if not dataclasses.is_dataclass(value):
        return value
    said = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}

    return {name: each for name, each in said.items() if each not in (None, ())}


def _without_secrets(url: str) -> str:
    """The URL without user, password and parameters: each may be a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    host = parts.netloc.rpartition("@")[2]

    return repr(f"{parts.scheme}://{host}{parts.path}")
