"""flask-login's logins and logouts. The only module that imports flask-login."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from collections.abc import Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Flask
from flask import g
from flask import request
from flask import session

from ..event import Actor
from ..event import Draft
from ..state import EXTENSION
from ..state import of
from ..state import session_as_it_was
from ..state import SESSION_KEY
from ..state import State
from ..state import visit
from . import capture
from . import deeds
from . import harmless
from . import oauth
from .deeds import Deed

try:
    import flask_login
except ModuleNotFoundError:  # pragma: no cover (an app without flask-login)
    flask_login = None

SIGNALS: Mapping[str, str] = {
    "user_logged_in": "access.LOGIN",
    "user_logged_out": "access.LOGOUT",
    "user_unauthorized": "access.PERMISSION_DENIED",
    "user_needs_refresh": "access.PERMISSION_DENIED",
    "user_login_confirmed": "access.REAUTHENTICATE",
    "user_loaded_from_cookie": "access.RESUME_SESSION",
    "session_protected": "access.RESUME_SESSION_ERROR",
}
IGNORED: Mapping[str, str] = {
    "user_loaded_from_request": "Told by `details.auth_method` of what the request records.",
    "user_accessed": "Sent whenever the user is looked at.",
}

# The attribute of a user that is the username, if the host does not say.
USERNAMES = ("username", "email", "name")

# Set in the host's session beside SESSION_KEY when flask-login keeps another id there: one
# that changes with the password.
USER_KEY = "_auditlog_user"

Receiver = Callable[..., None]


def init(state: State) -> None:
    """Listen to flask-login, if it is there."""
    if flask_login is None:
        return
    # The signals hold functions weakly; these live as long as this module. Sent by another
    # app, they are not ours.
    for name, receiver in _RECEIVERS.items():
        getattr(flask_login, name).connect(receiver, state.app)


def current_user(state: State, *, load_user: bool) -> Actor | None:
    """Return who is logged in to the host.

    :param load_user: ``False`` for whom the host has loaded already, or the session names.
    """
    # An app that imports flask-login but does not use it has no manager to ask.
    if flask_login is None or not hasattr(state.app, "login_manager"):
        return None
    # Loading may end the session (SESSION_PROTECTION) or begin one (a remember cookie).
    if not load_user and "_login_user" not in g:
        given = session.get("_user_id")
        return Actor(user_id=str(session.get(USER_KEY, given))) if given is not None else None
    # Not the proxy: as a truth value, it takes a loader's RuntimeError for nobody.
    user: Any = flask_login.current_user._get_current_object()  # noqa: SLF001 (documented)
    if user is None or not user.is_authenticated:
        return None

    return actor_of(user, state.settings.capture.username)


def actor_of(user: Any, attribute: str | None) -> Actor:
    """Return a user of the host as an actor.

    :param attribute: which attribute is the username; ``None`` for the first of
        :data:`USERNAMES` that the user has.
    """
    names = (attribute,) if attribute else USERNAMES
    username = next((str(v) for name in names if (v := getattr(user, name, None))), None)

    return Actor(user_id=id_of(user), username=username)


def id_of(user: Any) -> str | None:
    """Return the id of a user that stays: what it gives flask-login may change."""
    found = getattr(user, "id", None)
    if not isinstance(found, (str, int, UUID)):
        found = user.get_id() if not hasattr(user, "fs_uniquifier") else None

    return str(found) if found is not None else None


def _heard(receiver: Callable[[State, Any], None]) -> Receiver:
    """Make a receiver of a signal of *receiver*, which gets its user."""

    @wraps(receiver)
    def receive(app: Flask, user: Any = None, **_: Any) -> None:
        if EXTENSION not in app.extensions:
            return
        state = of(app)
        with harmless(state):
            receiver(state, user)

    return receive


@_heard
def _logged_in(state: State, user: Any) -> None:
    begin_session(user)
    details = {**_method(), **oauth.details()}
    # Flask-Security's own signal follows, and says how.
    if "security" in state.app.extensions:
        deeds.tell(state, Deed(type="LOGIN", details=details))
    else:
        capture(state, Draft(type="access.LOGIN", details=details or None))


def begin_session(user: Any) -> None:
    """Mark the host's session as a new one: what was done before it was another."""
    session[SESSION_KEY] = secrets.token_hex(16)
    user_id = id_of(user)
    if user_id is not None and user_id != user.get_id():
        session[USER_KEY] = user_id
    else:
        session.pop(USER_KEY, None)


# A form with one of these fields asks for a password. Its value is not looked at.
_PASSWORDS = frozenset({"password", "passwd", "pass", "pwd"})


def _method() -> dict[str, Any]:
    fields = vars(request).get("form") or {}
    return {"auth_method": "password"} if not _PASSWORDS.isdisjoint(fields) else {}


@_heard
def _logged_out(state: State, user: Any) -> None:
    # Also sent when nobody was logged in, which is no logout.
    if not getattr(user, "is_authenticated", False):
        return
    capture(state, Draft(type="access.LOGOUT"))
    _end_session()


@_heard
def _unauthorized(state: State, _user: Any) -> None:
    deeds.refuse(state, "not_logged_in")


@_heard
def _needs_refresh(state: State, _user: Any) -> None:
    deeds.refuse(state, "login_not_fresh")


@_heard
def _confirmed(state: State, _user: Any) -> None:
    capture(state, Draft(type="access.REAUTHENTICATE", details=_method() or None))


@_heard
def _loaded_from_cookie(state: State, user: Any) -> None:
    begin_session(user)
    visit().auth_method = "remember-me"
    actor = actor_of(user, state.settings.capture.username)
    deeds.record(state, Deed(type="RESUME_SESSION", known=actor, theirs=True))


@_heard
def _loaded_from_request(_state: State, _user: Any) -> None:
    visit().auth_method = "token"


@_heard
def _protected(state: State, _user: Any) -> None:
    """A session that comes from another address or browser than the one that logged in."""
    with session_as_it_was() as kept:
        # So flask-login tells the browser to forget the cookie, when it ends a session.
        ended, begun_by_login = kept.get("_remember") == "clear", SESSION_KEY in kept
        # One that a cookie resumed knows no browser to be different from.
        goes_on = "_user_id" in kept and "_id" in kept
    # Also sent of visitors who have a session and never logged in.
    if ended and begun_by_login:
        deeds.record(state, Deed(type="RESUME_SESSION", error="session_ended", often=True))
        _end_session()
    elif goes_on:
        # Each of its requests says so.
        deeds.record(state, Deed(type="RESUME_SESSION", error="session_not_fresh", often=True))


def _end_session() -> None:
    session.pop(SESSION_KEY, None)
    session.pop(USER_KEY, None)


_RECEIVERS: Mapping[str, Receiver] = {
    "user_logged_in": _logged_in,
    "user_logged_out": _logged_out,
    "user_unauthorized": _unauthorized,
    "user_needs_refresh": _needs_refresh,
    "user_login_confirmed": _confirmed,
    "user_loaded_from_cookie": _loaded_from_cookie,
    "user_loaded_from_request": _loaded_from_request,
    "session_protected": _protected,
}
