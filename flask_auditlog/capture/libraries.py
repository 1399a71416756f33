"""Login libraries: those that the host uses are listened to, and say who is logged in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any

from flask import appcontext_pushed

from ..event import Actor
from ..state import at_first_request
from ..state import State
from . import attempts
from . import authlib
from . import dance
from . import jwt
from . import logins
from . import security

# Each has its `SIGNALS` with the type of their event, and those `IGNORED` with the reason.
LIBRARIES: Mapping[str, ModuleType] = {
    "flask-login": logins,
    "Flask-Security": security,
    "Flask-Dance": dance,
    "Authlib": authlib,
    "Flask-JWT-Extended": jwt,
}


def init(state: State) -> None:
    """Learn who is logged in, by whatever library, and when that changes."""
    state.current_user = lambda load_user: _current_user(state, load_user=load_user)
    if state.settings.capture.logins:
        _listen(state)
        # The host may import a library later: until its first request we look again.
        _listen_until_first_request(state)
        attempts.init(state, attempts.named, security.expected, dance.expected)


def _listen(state: State) -> None:
    logins.init(state)
    security.init(state)
    dance.init()


def _listen_until_first_request(state: State) -> None:
    def pushed(_: Any, **__: Any) -> None:
        _listen(state)

    def done() -> None:
        # For all senders: else the signal goes on to look for the receivers of each.
        appcontext_pushed.disconnect(pushed)

    appcontext_pushed.connect(pushed, state.app, weak=False)
    at_first_request(state.app, done)


def _current_user(state: State, *, load_user: bool) -> Actor | None:
    """A token that the request was let in with says who it is, before any session does."""
    read = partial(logins.actor_of, attribute=state.settings.capture.username)

    return jwt.current_user(read) or logins.current_user(state, load_user=load_user)
