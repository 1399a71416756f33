"""What waits in the inboxes of an app, and until when."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence

import sqlalchemy as sa
from flask import Flask

from flask_auditlog import state
from flask_auditlog.event import Event
from flask_auditlog.store.inbox.box import HostInbox
from flask_auditlog.store.inbox.table import Waiting
from tests.apps import types


def inbox_of(app: Flask, engine: sa.Engine) -> HostInbox:
    """Return the app's inbox in a database."""
    return state.of(app).inbox.of(engine)


def waiting(app: Flask, engine: sa.Engine) -> Waiting:
    """Return what waits in it."""
    return inbox_of(app, engine).waiting()


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return once *condition* holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def moved(app: Flask, expected: Sequence[str]) -> None:
    """Return once the log of *app* holds events of these types, and no others."""
    until(lambda: len(types(app)) >= len(expected))
    assert types(app) == list(expected)


def event(uid: str, type: str = "a") -> Event:
    """Return an event."""
    return Event(uid=uid, time=1, realm_id="default", type=type, source="capture")
