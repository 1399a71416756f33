"""Who and where we are: the block of ``audit.actor``, or the request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Any

import msgspec
from flask import has_request_context
from flask import request

from ..errors import ConfigError
from ..event import Actor
from ..event import Source
from ..recorder import Context
from ..recorder.given import organization_of
from ..recorder.given import person
from .app import current
from .app import State
from .visit import session_as_it_was
from .visit import SESSION_KEY
from .visit import traceparent
from .visit import user_agent
from .visit import visit

logger = logging.getLogger("flask_auditlog")

_actor: ContextVar[tuple[Actor, str | None] | None] = ContextVar("auditlog_actor", default=None)


@contextmanager
def acting(actor: Actor, organization_id: str | None) -> Iterator[Actor]:
    """Name *actor* as who does what is recorded inside the block, whatever the request says."""
    token = _actor.set((actor, organization_id))
    try:
        yield actor
    finally:
        _actor.reset(token)


def request_context(source: Source = "capture", *, load_user: bool = True) -> Context:
    """Return who and where we are: the block of ``audit.actor``, or the request.

    :param load_user: ``False`` to name only a user whom the host has loaded already, or
        the id in its session.
    """
    state = current()
    inside = has_request_context()
    realm = str(_ask(state, "realm_loader") or state.settings.realms[0])
    actor, organization = _actor.get() or (None, None)
    if organization is None:
        organization = _ask(state, "organization_loader")
    if actor is None and inside:
        actor = _who(state, load_user=load_user)

    return Context(
        realm=realm,
        source=source,
        actor=person(actor, realm) if actor is not None else None,
        organization_id=organization_of(organization),
        trusted=True,
        request_id=visit().request_id if inside else None,
        traceparent=traceparent() if inside else None,
        user_agent=user_agent() if inside else None,
    )


def _ask(state: State, name: str) -> Any:
    """Ask a loader of the host. Outside of a request none can know."""
    loader = state.hooks.get(name)
    if loader is None or not has_request_context():
        return None

    return _answer(state, name, lambda: state.app.ensure_sync(loader)())  # noqa: PLW0108 (may raise)


def _answer(state: State, name: str, loader: Callable[[], Any]) -> Any:
    """Return what *loader* says. One that raises says nothing: an event without an actor or
    an organization is better than none, and seen by those alone who see the whole realm.
    """
    try:
        return loader()
    except Exception:
        state.recorder.count("loader_failed")
        logger.exception("%s failed; the event is recorded without what it says", name)
        return None


def _who(state: State, *, load_user: bool) -> Actor:
    user = None
    if "actor_loader" in state.hooks:
        user = _ask(state, "actor_loader")
    elif (logged_in := state.current_user) is not None:
        user = _answer(state, "flask-login's user_loader", lambda: logged_in(load_user))
    if user is None:
        user = Actor()
    if not isinstance(user, Actor):
        kind = type(user).__name__
        raise ConfigError(f"The actor_loader must return an Actor or None, not {kind}.")

    return msgspec.structs.replace(
        user,
        ip_address=user.ip_address or request.remote_addr,
        session_id=user.session_id or _session_id(state),
    )


def _session_id(state: State) -> str | None:
    """Return a keyed hash of what tells the session apart: never the cookie itself."""
    with session_as_it_was() as session:
        said = session.get(SESSION_KEY)
    if said is None:
        return None
    key = state.keys("session")[0]

    return blake2b(str(said).encode(), key=key, digest_size=16).hexdigest()
