"""What is kept for one app, and who and where a request is."""

from __future__ import annotations

import logging
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
from typing import TypeVar

import msgspec
from blinker import NamedSignal
from flask import current_app
from flask import Flask
from flask import has_request_context
from flask import request
from flask import session

from .errors import ConfigError
from .errors import NotInitialized
from .event import Actor
from .event import Event
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

Hook = TypeVar("Hook", bound=Callable[..., Any])


class Hooks:
    """What the host app decides, each by one decorated function."""

    def __init__(self) -> None:
        self.hooks: dict[str, Callable[..., Any]] = {}

    def authorizer(self, function: Hook) -> Hook:
        """``(permission, realm, organization_id) -> bool``: may the current user?

        ``organization_id`` is ``None`` for the whole realm. Without an authorizer nobody
        may see the pages; one that raises denies.
        """
        return self._keep("authorizer", function)

    def actor_loader(self, function: Hook) -> Hook:
        """``() -> Actor | None``: who makes the current request, instead of flask-login's user."""
        return self._keep("actor_loader", function)

    def realm_loader(self, function: Hook) -> Hook:
        """``() -> str | None``: the realm of the current request; ``None`` for the first one."""
        return self._keep("realm_loader", function)

    def organization_loader(self, function: Hook) -> Hook:
        """``() -> str | None``: the organization of the current request."""
        return self._keep("organization_loader", function)

    def token_loader(self, function: Hook) -> Hook:
        """``(secret) -> Token | None``: a bearer token that is not one of ours."""
        return self._keep("token_loader", function)

    def before_record(self, function: Hook) -> Hook:
        """``(event) -> Event | None``: enrich each event before it is masked.

        Return the event to record, or ``None`` to leave it as it is; raise
        ``Veto`` to record nothing. What only the server may say, such as ``uid`` and
        ``source``, stays as it was.
        """
        return self._keep("before_record", function)

    def _keep(self, name: str, function: Hook) -> Hook:
        self.hooks[name] = function
        return function


@dataclass(slots=True, kw_only=True)
class State:
    """What the extension keeps for one application."""

    app: Flask
    settings: Settings
    hooks: dict[str, Callable[..., Any]]
    recorder: Recorder
    # Opens the store; ``upgrade=True`` brings its tables to the newest version first.
    open_store: Callable[..., SqlStore]
    # Who is logged in to the host, as capture learns it from flask-login.
    current_user: Callable[[], Actor | None] | None = None
    _store: SqlStore | None = None
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _random: bytes = field(default_factory=lambda: secrets.token_bytes(32))

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

    def key(self, purpose: str) -> bytes:
        """Return the 32-byte key for a purpose, made from the newest secret.

        Without ``AUDITLOG_KEYS`` and ``SECRET_KEY`` it is random, and differs from
        process to process.
        """
        secret = self.settings.keys[0] if self.settings.keys else self.app.secret_key
        raw = (secret.encode() if isinstance(secret, str) else secret) or self._random
        label = purpose.encode()

        return blake2b(blake2b(raw).digest(), digest_size=32, person=label).digest()

    def token_of(self, secret: str) -> Token | None:
        """Return the living token of *secret*, ours or one the host knows."""
        found = self.store.tokens.find(secret)
        loader = self.hooks.get("token_loader")
        if found is None and loader is not None:
            found = loader(secret)

        return found


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


def request_context(source: Source = "capture") -> Context:
    """Return who and where we are: the block of ``audit.actor``, or the request."""
    state = current()
    named = _actor.get()
    inside = has_request_context()
    realm = str(_ask(state, "realm_loader") or state.settings.realms[0])
    actor: Actor | None
    if named is not None:
        actor, organization = named
    else:
        actor = _who(state) if inside else None
        organization = _ask(state, "organization_loader")

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

    return state.app.ensure_sync(loader)()


def _who(state: State) -> Actor:
    user = _ask(state, "actor_loader") if "actor_loader" in state.hooks else _logged_in(state)
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


def _logged_in(state: State) -> Actor | None:
    return state.current_user() if state.current_user is not None else None


def _session_id(state: State) -> str | None:
    """Return a keyed hash of what tells the session apart: never the cookie itself."""
    if SESSION_KEY not in session:
        return None
    key = state.key("session")

    return blake2b(str(session[SESSION_KEY]).encode(), key=key, digest_size=16).hexdigest()


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


def enrich(state: State, event: Event) -> Event | None:
    """Return what the host's ``before_record`` makes of *event*; ``None`` without one."""
    hook = state.hooks.get("before_record")
    if hook is None:
        return None
    returned: Event | None = hook(event)

    return event if returned is None else returned
