"""One request of the host: what of it is ours to know."""

from __future__ import annotations

import re
from typing import Any
from typing import cast

import msgspec
from flask import has_request_context
from flask import Request
from flask import request
from flask.globals import request_ctx
from flask.sessions import SessionMixin

from ..event import new_uid

# Set in the host's session at login, so that its requests can be told to belong together.
SESSION_KEY = "_auditlog"


class Visit(msgspec.Struct, kw_only=True):
    """One request of the host: its id, how many events were recorded in it, whether one of them
    was its refusal, and which act its view was.

    ``types`` are those that were told, also where the host vetoed it or may roll it back.
    """

    request_id: str
    recorded: int = 0
    refused: bool = False
    act: Any = None
    types: set[str] = msgspec.field(default_factory=set)
    # How the user was known without a login: `token`, `remember-me`.
    auth_method: str | None = None


def here() -> Request:
    """Return the current request itself: each look through the proxy costs as much as what is
    looked for.
    """
    found: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (documented)

    return found


_VISIT = "flask_auditlog.visit"


def begun() -> Visit | None:
    """Return the current request's visit, if anything was asked of it yet."""
    found: Visit | None = here().environ.get(_VISIT)
    return found


def visit() -> Visit:
    """Return the current request's visit, begun at the first call."""
    # Not in `g`: an app context that is pushed inside the request has another one.
    environ = here().environ
    found: Visit | None = environ.get(_VISIT)
    if found is None:
        found = environ[_VISIT] = Visit(request_id=new_uid())
    return found


def note(type_: str) -> None:
    """Keep in mind that an event of this type was told in the current request, if any."""
    if has_request_context():
        visit().types.add(type_)


class session_as_it_was:  # noqa: N801 (used as a statement)
    """Give the host's session, and unmark what is done to it inside the block.

    To be read by us is no reason for a new cookie, nor for caches to tell visitors apart.
    """

    # Each event passes two: a generator would cost four times as much.
    __slots__ = ("_accessed", "_modified", "_session")

    def __enter__(self) -> SessionMixin:
        # Asked for by its public name, it is marked as read already.
        here: Any = request_ctx._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (documented)
        name = "_session" if hasattr(here, "_session") else "session"
        self._session = session = cast("SessionMixin", getattr(here, name))
        self._accessed, self._modified = session.accessed, session.modified

        return session

    def __exit__(self, *_: object) -> None:
        self._session.accessed, self._session.modified = self._accessed, self._modified


# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def traceparent() -> str | None:
    """Return the request's W3C trace context, or ``None`` when it has none that is valid."""
    header = here().environ.get("HTTP_TRACEPARENT")

    return header if header and is_traceparent(header) else None


def is_traceparent(text: str) -> bool:
    """Whether *text* is a W3C trace context."""
    return _TRACEPARENT.fullmatch(text) is not None


def user_agent() -> str | None:
    """Return the beginning of the request's ``User-Agent``."""
    return here().environ.get("HTTP_USER_AGENT", "")[:500] or None
