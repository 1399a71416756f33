"""The delivery of an app's webhooks, in a thread of its own or by a worker."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..errors import InvalidWebhook
from ..logs import logger
from ..settings import Webhooks
from ..state import our_version
from ..state import State
from ..store.webhooks import Delivery
from ..work import embedded
from ..work import waking
from ..work.background import Background
from . import catch_all
from .addresses import Networks
from .chores import Chores
from .connections import IDLE
from .drain import Drain
from .drain import Plan
from .drain import Resting
from .drain import Said
from .roster import Roster
from .schedule import SECOND
from .sealing import Sealer
from .send import Sender
from .telling import tell_ended
from .telling import tell_notice
from .trying import Trier

if TYPE_CHECKING:
    from ..store import SqlStore

JOB = "webhooks"
# How often is looked for what another process has left to do, in seconds.
EVERY = 1.0
# How soon it is looked again at the earliest for what a rate keeps waiting, in seconds.
SOON = 0.02


class Deliverer:
    """Delivers the webhooks of one app."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._networks = Networks(state.settings.webhook_allow)
        # Whether there was an endpoint when we looked last: without, nobody is woken.
        self._is_wanted = True
        self._waker = waking.waker_of(state)
        self.begin_anew()
        self._background = embedded.thread(state, anew=self.begin_anew)
        self._background.register(JOB, self.work, every=EVERY)
        waking.register(state, waking.Queue(self.run, self.due_in))

    def begin_anew(self) -> None:
        """In a child process: threads and connections are the parent's."""
        self._mutex = threading.Lock()
        self._sender = Sender(self._networks)
        self._drain: Drain | None = None
        self._store: SqlStore | None = None

    def woken(self) -> None:
        """Something was recorded: deliver it soon, if this process serves requests.

        What a script or a job records is found by those who do, or by a worker.
        """
        if not self._is_wanted:
            return
        if self._background.is_begun:
            self.wake()
        elif self._waker is not None and self._state.settings.worker == "external":
            self._waker.wake()

    def wake(self) -> None:
        """Look for what is due, now."""
        self._background.wake(JOB)
        if self._drain is not None:
            self._drain.wake()

    def reside(self) -> Background:
        """Be the one who delivers, in this process, and return the thread of it."""
        self._waker = None

        return self._background

    def work(self) -> float | None:
        """Deliver what is due, in the background thread; return in how many seconds an endpoint
        with a rate may have more, if that is known.
        """
        ending = self._background.is_ending
        # At the end of the process nothing is begun; what was claimed is given back.
        if ending and (self._drain is None or not self._drain.is_busy):
            return None
        try:
            # RQ's workers do it, unless none can be told.
            if self._waker is not None:
                self._tend()
            if self._waker is None or (self.is_due() and not self._waker.wake()):
                self.run(lambda: self._background.is_ending, self._background.resting)
                allowed = self._state.store.deliveries.allowed_in()
                return None if allowed is None else max(SOON, allowed)
        except ConfigError as error:
            # It has no log. Whoever records something is told, and there is nothing to deliver.
            logger.debug("no webhooks are delivered: %s", error)

        return None

    def is_due(self) -> bool:
        """Whether there is something to do."""
        store = self._state.store
        self._is_wanted = store.endpoints.number() > 0

        return self._is_wanted and store.deliveries.is_any_due()

    def due_in(self) -> float | None:
        """In how many seconds there is something to do; ``None`` if nothing waits for it."""
        deliveries = self._state.store.deliveries
        if self.is_due():
            return deliveries.allowed_in() or 0.0
        oldest = deliveries.oldest_due()

        return None if oldest is None else (oldest - deliveries.clock()) / 1000

    def run(self, ends: Callable[[], bool] = lambda: False, resting: Resting = nullcontext) -> int:
        """Deliver until nothing is due, or *ends* says so; return how many attempts were made.

        :param resting: as for :meth:`.drain.Drain.run`.

        :raises StoreError: when the log cannot be reached. It may be called again.
        """
        with self._mutex, self._state.app.app_context():
            drain = self._opened()
            self._is_wanted = drain.is_wanted()

            made = drain.run(ends, resting)
            self._sender.connections.close(idle=IDLE)

            return made

    def _tend(self) -> None:
        """Keep the queue in order: what a worker died over is taken from it, and is due again."""
        with self._mutex, self._state.app.app_context():
            self._opened().tend()

    def close(self) -> None:
        """End the threads and close the connections, once nothing is run any more."""
        self._background.close()
        with self._mutex:
            if self._drain is not None:
                self._drain.close()
            self._drain = None
            self._sender.connections.close()

    def _opened(self) -> Drain:
        store, settings = self._state.store, self._state.settings.webhooks
        if self._drain is None or store is not self._store:
            self._keep_catch_all()
            self._store = store
            self._drain = Drain(
                store,
                Roster(store, Sealer(self._state.keys("webhooks"))),
                Trier(
                    self._sender,
                    agent=f"flask-auditlog/{our_version()}",
                    seconds=settings.timeout,
                    worker=f"{socket.gethostname()}:{os.getpid()}",
                ),
                self._tell,
                _plan(settings),
                chores=Chores(store, settings, self._tell_lost),
            )

        return self._drain

    def _keep_catch_all(self) -> None:
        try:
            catch_all.keep(self._state)
        except (ConfigError, InvalidWebhook) as error:
            # The others are no less delivered.
            logger.warning("AUDITLOG_WEBHOOKS: the operator's own webhook: %s", error)

    def _tell(self, said: Said) -> None:
        for endpoint, notice in said.notices:
            tell_notice(self._state, endpoint, notice)
        tell_ended(self._state, said.endpoints, said.ended)

    def _tell_lost(self, lost: Sequence[Delivery]) -> None:
        store = self._state.store
        tell_ended(self._state, store.endpoints.named({e.endpoint_id for e in lost}), lost)


def _plan(settings: Webhooks) -> Plan:
    return Plan(
        schedule=tuple(int(each * SECOND) for each in settings.schedule),
        lease=settings.lease,
        in_flight=settings.in_flight,
    )
