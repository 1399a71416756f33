"""What an app does in the background: in a thread of its own process, or by a command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from flask import request_started

from ..errors import ConfigError
from ..state import State
from .background import Background
from .moving import JOB
from .moving import Mover
from .moving import SWEEP

if TYPE_CHECKING:
    from sqlalchemy import Engine

_backgrounds: WeakKeyDictionary[State, Background] = WeakKeyDictionary()
_movers: WeakKeyDictionary[State, Mover] = WeakKeyDictionary()


def check_threads() -> None:
    """:raises ConfigError: where threads do not run."""
    uwsgi: Any = sys.modules.get("uwsgi")
    options = getattr(uwsgi, "opt", {})
    if uwsgi is not None and not {"enable-threads", "threads"} & set(options):
        raise ConfigError(
            "uWSGI runs no threads: start it with --enable-threads, or set AUDITLOG_WORKER to "
            "'external' and run `flask auditlog worker`."
        )


def init(state: State, engines: Callable[[], Iterable[Engine]]) -> None:
    """Move what is put into the inboxes, and let other rooms register what they have to do.

    :param engines: gives the engines that the host is known to have.
    """
    background = thread(state)
    mover = Mover(state, background, engines)
    background.register(JOB, mover.run, every=SWEEP)
    state.inbox.wake = mover.woken
    _backgrounds[state], _movers[state] = background, mover


def thread(state: State, *, anew: Callable[[], None] = lambda: None) -> Background:
    """Return a thread for what an app does in the background. It begins with the first request,
    if such work is done in the app's own processes.

    :param anew: called in each child process.
    """
    app = state.app
    embedded = state.settings.worker == "embedded"

    # After a server has forked, and before anything is recorded.
    def listen() -> None:
        if embedded:
            request_started.connect(start, app, weak=False)

    def start(_: Any, **__: Any) -> None:
        background.start()
        if background.is_begun:
            # For all senders: else the signal goes on to look for the receivers of each.
            request_started.disconnect(start)

    def begin_anew() -> None:
        anew()
        listen()

    background = Background(lambda: embedded and not app.testing, anew=begin_anew)
    listen()

    return background


def background_of(state: State) -> Background:
    """Return what runs the functions of an app in the background."""
    return _backgrounds[state]


def mover_of(state: State) -> Mover:
    """Return what moves the events of an app from its inboxes."""
    return _movers[state]
