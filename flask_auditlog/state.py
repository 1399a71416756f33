"""What is kept for one app, and who and where a request is."""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import field
from hashlib import blake2b
from typing import Any
from weakref import WeakSet

import msgspec
from blinker import NamedSignal
from flask import current_app
from flask import Flask
from flask import has_request_context
from flask import request
from flask.globals import request_ctx
from flask.sessions import SessionMixin

from .errors import ConfigError
from .errors import NotInitialized
from .event import Actor
from .event import new_uid
from .event import Source
from .recorder import Context
from .recorder import Recorder
from .recorder.given import organization_of
from .recorder.given import person
from .settings import Settings
from .store import SqlStore
from .store import Token

logger = logging.getLogger("flask_auditlog")

EXTENSION = "auditlog"
# Set in the host's session at login, so that its requests can be told to belong together.
SESSION_KEY = "_auditlog"


# Compared by identity, and known weakly: a fork looks for all there are.
@dataclass(slots=True, kw_only=True, eq=False, weakref_slot=True)
class State:
    """What the extension keeps for one application."""

    app: Flask
    settings: Settings
    hooks: dict[str, Callable[..., Any]]
    recorder: Recorder
    # Opens the store; ``upgrade=True`` brings its tables to the newest version first.
    open_store: Callable[..., SqlStore]
    # Who is logged in to the host, as capture learns it from flask-login. Called with
    # whether it may load the user: that may end the session, or begin one.
    current_user: Callable[[bool], Actor | None] | None = None
    _store: SqlStore | None = None
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _random: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        _states.add(self)

    @property
    def store(self) -> SqlStore:
        """The log's store, opened at first use.

        :raises ConfigError: when nobody said where the log lives.
        """
        if self._store is None:
            with self._mutex:
                if self._store is None:
                    self._store = self.open_store(upgrade=False)
        return self._store

    def upgrade(self) -> None:
        """Bring the tables of the log to the newest version, and register our realms."""
        with self._mutex:
            opened, self._store = self._store, None
            if opened is not None:
                opened.close()
            self._store = self.open_store(upgrade=True)

    def keys(self, purpose: str) -> list[bytes]:
        """Return the 32-byte keys for a purpose, that of the newest secret first.

        Without ``AUDITLOG_KEYS`` and ``SECRET_KEY`` it is random, and differs from
        process to process.
        """
        given = self.settings.keys or (self.app.secret_key,)

        return [_derived(secret or self._random, purpose) for secret in given]

    def token_of(self, secret: str) -> Token | None:
        """Return the living token of *secret*, ours or one the host knows."""
        found = self.store.tokens.find(secret)
        loader = self.hooks.get("token_loader")
        if found is None and loader is not None:
            found = self.app.ensure_sync(loader)(secret)

        return found

    def after_fork(self) -> None:
        """Take new locks in a child: who holds the old ones may be a thread it does not have."""
        self._mutex = threading.Lock()
        self.recorder.after_fork()


_states: WeakSet[State] = WeakSet()


def _after_fork() -> None:
    for state in _states:
        state.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _derived(secret: str | bytes, purpose: str) -> bytes:
    raw = secret.encode() if isinstance(secret, str) else secret

    return blake2b(blake2b(raw).digest(), digest_size=32, person=purpose.encode()).digest()


def current() -> State:
    """Return the state of the current app. :raises NotInitialized: when it has none."""
    return of(current_app)


def of(app: Flask) -> State:
    """Return the state of *app*. :raises NotInitialized: when it has none."""
    state = app.extensions.get(EXTENSION)
    if not isinstance(state, State):
        raise NotInitialized
    return state


class Visit(msgspec.Struct, kw_only=True):
    """One request of the host: its id, and how many events were recorded in it."""

    request_id: str
    recorded: int = 0


_VISIT = "flask_auditlog.visit"


def visit() -> Visit:
    """Return the current request's visit, begun at the first call."""
    # Not in `g`: an app context that is pushed inside the request has another one.
    found: Visit | None = request.environ.get(_VISIT)
    if found is None:
        found = request.environ[_VISIT] = Visit(request_id=new_uid())
    return found


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


@contextmanager
def session_as_it_was() -> Iterator[SessionMixin]:
    """Give the host's session, and unmark what is done to it inside the block.

    To be read by us is no reason for a new cookie, nor for caches to tell visitors apart.
    """
    # Asked for by its public name, it is marked as read already.
    name = "_session" if hasattr(request_ctx, "_session") else "session"
    session: SessionMixin = getattr(request_ctx, name)
    before = session.accessed, session.modified
    try:
        yield session
    finally:
        session.accessed, session.modified = before


# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def traceparent() -> str | None:
    """Return the request's W3C trace context, or ``None`` when it has none that is valid."""
    header = request.headers.get("traceparent", "")

    return header if _TRACEPARENT.fullmatch(header) else None


def user_agent() -> str | None:
    """Return the beginning of the request's ``User-Agent``."""
    return request.headers.get("User-Agent", "")[:500] or None


def send(state: State, signal: NamedSignal, **values: Any) -> None:
    """Send a signal of ours. What a receiver raises is logged and counted, and reaches
    neither the request nor the other receivers.
    """
    for receiver in signal.receivers_for(state.app):
        try:
            receiver(state.app, **values)
        except Exception:
            state.recorder.count("receiver_failed")
            logger.exception("a receiver of %s failed", signal.name)
