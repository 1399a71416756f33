"""flask-login's logins and logouts. The only module that imports flask-login."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask
from flask import g
from flask import session

from ..event import Actor
from ..event import Draft
from ..state import EXTENSION
from ..state import of
from ..state import SESSION_KEY
from ..state import State
from . import capture
from . import harmless

try:
    import flask_login
except ModuleNotFoundError:  # pragma: no cover (an app without flask-login)
    flask_login = None

# The attribute of a user that is the username, if the host does not say.
USERNAMES = ("username", "email", "name")


def init(state: State) -> None:
    """Learn who is logged in, and when that changes."""
    if flask_login is None:
        return
    state.current_user = lambda load_user: _current_user(state, load_user=load_user)
    if state.settings.capture.logins:
        # The signals hold functions weakly; these live as long as this module. Sent by
        # another app, they are not ours.
        flask_login.user_logged_in.connect(_logged_in, state.app)
        flask_login.user_logged_out.connect(_logged_out, state.app)


def _current_user(state: State, *, load_user: bool) -> Actor | None:
    # An app that imports flask-login but does not use it has no manager to ask.
    if not hasattr(state.app, "login_manager"):
        return None
    # Loading may end the session (SESSION_PROTECTION) or begin one (a remember cookie).
    if not load_user and "_login_user" not in g:
        user_id = session.get("_user_id")
        return Actor(user_id=str(user_id)) if user_id is not None else None
    # Not the proxy: as a truth value, it takes a loader's RuntimeError for nobody.
    user: Any = flask_login.current_user._get_current_object()  # noqa: SLF001 (documented)
    if user is None or not user.is_authenticated:
        return None

    return actor_of(user, state.settings.capture.username)


def actor_of(user: Any, attribute: str | None) -> Actor:
    """Return a logged-in user as an actor.

    :param attribute: which attribute is the username; ``None`` for the first of
        :data:`USERNAMES` that the user has.
    """
    names = (attribute,) if attribute else USERNAMES
    username = next((str(v) for name in names if (v := getattr(user, name, None))), None)
    user_id = user.get_id()

    return Actor(user_id=str(user_id) if user_id is not None else None, username=username)


def _logged_in(app: Flask, **_: Any) -> None:
    if EXTENSION not in app.extensions:
        return
    state = of(app)
    with harmless(state):
        # A new one at each login: what was done before it was another session.
        session[SESSION_KEY] = secrets.token_hex(16)
        capture(state, Draft(type="access.LOGIN"))


def _logged_out(app: Flask, user: Any = None, **_: Any) -> None:
    # Also sent when nobody was logged in, which is no logout.
    if EXTENSION not in app.extensions or not getattr(user, "is_authenticated", False):
        return
    state = of(app)
    with harmless(state):
        capture(state, Draft(type="access.LOGOUT"))
        session.pop(SESSION_KEY, None)
