"""What is kept for one app."""

from __future__ import annotations

import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from hashlib import blake2b
from typing import Any
from typing import TYPE_CHECKING
from weakref import WeakSet

from blinker import NamedSignal
from flask import current_app
from flask import Flask
from flask import has_app_context
from flask import Request
from flask import Response

from ..errors import NotInitialized
from ..event import Actor
from ..logs import logger
from ..recorder import Recorder
from ..recorder.catalogue import Catalogue
from ..settings import Settings
from ..store import Token
from ..store import Upgrade
from .inbox import Inboxes
from .news import tell
from .places import Places
from .repeats import Repeats

if TYPE_CHECKING:
    from ..capture.models import Registry
    from ..store import SqlStore

EXTENSION = "auditlog"


# Compared by identity, and known weakly: a fork looks for all there are.
@dataclass(slots=True, kw_only=True, eq=False, weakref_slot=True)
class State:
    """What the extension keeps for one application."""

    app: Flask
    settings: Settings
    hooks: dict[str, Callable[..., Any]]
    # The host's models whose changes are recorded.
    tracked: Registry
    recorder: Recorder
    # The types that the host defined.
    catalogue: Catalogue
    # Opens the store; ``upgrade=True`` brings its tables to the newest version first.
    open_store: Callable[..., SqlStore]
    # Who is logged in to the host, as capture learns it from flask-login. Called with
    # whether it may load the user: that may end the session, or begin one.
    current_user: Callable[[bool], Actor | None] | None = None
    # Whether a login or the like will be recorded when the request ends.
    expects: Callable[[Request], bool] | None = None
    # Records it, before anything else is recorded of the request.
    conclude: Callable[[Request, Response], None] | None = None
    inbox: Inboxes = field(default_factory=Inboxes)
    # Refusals of callers we know, and of others.
    refusals: Repeats = field(default_factory=Repeats)
    strangers: Repeats = field(default_factory=Repeats)
    # The tokens that are known to have read the feed, each with the last day: since 1970, UTC.
    fed: dict[str, int] = field(default_factory=dict)
    # How many requests wait for what comes next.
    waiting: Places = field(default_factory=Places)
    # How many exports are being streamed.
    exporting: Places = field(default_factory=Places)
    # How often each table of the host was written to, by its name and the way it was.
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
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
            mine = None
            with self._mutex:
                if self._store is None:
                    self._store = mine = self.open_store(upgrade=False)
            # It records, and so asks for the store.
            if mine is not None:
                tell(self, mine)
        return self._store

    def upgrade(self) -> Upgrade | None:
        """Bring the tables of the log to the newest version, and register our realms."""
        with self._mutex:
            opened, self._store = self._store, None
            if opened is not None:
                opened.close()
            self._store = mine = self.open_store(upgrade=True)
        tell(self, mine)

        return mine.upgraded

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
        self.inbox.after_fork()
        self.refusals.after_fork()
        self.strangers.after_fork()
        self.waiting.after_fork()
        self.exporting.after_fork()


_states: WeakSet[State] = WeakSet()


def _after_fork() -> None:
    for state in _states:
        state.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _derived(secret: str | bytes, purpose: str) -> bytes:
    raw = secret.encode() if isinstance(secret, str) else secret

    return blake2b(blake2b(raw).digest(), digest_size=32, person=purpose.encode()).digest()


def states() -> list[State]:
    """Return what is kept for every app of this process."""
    return list(_states)


def current() -> State:
    """Return the state of the current app. :raises NotInitialized: when it has none."""
    return of(current_app)


def state_here() -> State | None:
    """Return the state of the current app; ``None`` where there is none, or it has none."""
    if not has_app_context():
        return None
    # The app itself: each look through the proxy costs as much as what is looked for.
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (documented)
    state = app.extensions.get(EXTENSION)

    return state if isinstance(state, State) else None


def of(app: Flask) -> State:
    """Return the state of *app*. :raises NotInitialized: when it has none."""
    state = app.extensions.get(EXTENSION)
    if not isinstance(state, State):
        raise NotInitialized
    return state


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
