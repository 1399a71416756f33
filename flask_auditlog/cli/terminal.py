"""What the commands share: errors as one line, the operator as the actor, inert text."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from typing import Any
from typing import TypeVar
from uuid import UUID

import click
from flask.cli import with_appcontext

from ..errors import AuditLogError
from ..event import Actor
from ..state import acting
from ..state import operator
from ..web.args import read_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Command = TypeVar("Command", bound=Callable[..., Any])


def command(function: Command) -> Command:
    """Run in the app's context; tell an error of ours in one line and exit with 1."""

    @with_appcontext
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with acting(Actor(username=operator(), client_id="cli"), None):
                return function(*args, **kwargs)
        except AuditLogError as error:
            raise click.ClickException(inert(str(error))) from error

    return run  # type: ignore[return-value]  # the wrapper is called as the function is


def inert(text: str) -> str:
    """Return *text* with what a terminal would obey, and line breaks, made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def inert_json(text: str) -> str:
    """Return JSON that says the same as *text*, and holds nothing that a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def moment(_context: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return epoch milliseconds, of what the filters take for a time: the callback of an option."""
    try:
        return None if value is None else read_time(value)
    except ValueError as error:
        raise click.BadParameter(f"It {error}.") from error


def an_id(_context: click.Context, _param: click.Parameter, value: str) -> str:
    """Return an id of ours: the callback of an argument. Not every text can be asked for."""
    try:
        return str(UUID(value))
    except ValueError as error:
        raise click.BadParameter(
            "An id looks like 01890a5d-ac96-774b-bcce-b302099a8057."
        ) from error


def clock(milliseconds: int | None) -> str:
    """Return a time as ISO 8601 in UTC, or a dash."""
    if milliseconds is None:
        return "-"
    seconds, rest = divmod(milliseconds, 1000)
    moment = EPOCH + timedelta(seconds=seconds)

    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
