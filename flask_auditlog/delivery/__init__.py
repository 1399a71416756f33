"""Webhooks: from a record to somebody's server."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from ..settings import Settings
from ..state import State
from .addresses import Networks
from .delivering import Deliverer

__all__ = ["Deliverer", "check", "deliverer_of", "init", "woken"]

_deliverers: WeakKeyDictionary[State, Deliverer] = WeakKeyDictionary()


def check(settings: Settings) -> None:
    """:raises ConfigError: when ``AUDITLOG_WEBHOOK_ALLOW`` holds something that is no network."""
    Networks(settings.webhook_allow)


def init(state: State) -> None:
    """Deliver what is recorded in an app."""
    _deliverers[state] = Deliverer(state)


def deliverer_of(state: State) -> Deliverer:
    """Return what delivers the webhooks of an app."""
    return _deliverers[state]


def woken(state: State) -> None:
    """Something was recorded in an app: deliver it soon."""
    _deliverers[state].woken()
