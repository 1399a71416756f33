"""Who makes the exports of an app: a thread of its processes, a worker, or RQ's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4
from weakref import WeakKeyDictionary

from ...errors import AuditLogError
from ...errors import ConfigError
from ...errors import SchemaMissing
from ...logs import logger
from ...state import State
from ...work import embedded
from ...work import waking
from ...work.background import Background
from ...work.background import pause_after
from . import making
from .making import Making
from .making import note_end
from .making import query_of

JOB = "exports"
# How often is looked for what another process left, in seconds; and the breath between two
# steps, which the requests of the same process have for themselves.
EVERY, BREATH = 5.0, 0.01
# How often is looked for what has expired, in seconds; how long is known what was made, in
# days; and how many chunks go at once.
PRUNE, DAYS, AT_ONCE = 60.0, 90, 100
# After so many failures in a row nobody tries it again.
MOST_FAILURES = 6


class Exporter:
    """Makes the exports of one app, one at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._waker = waking.waker_of(state)
        self.begin_anew()
        self._background = embedded.thread(state, anew=self.begin_anew)
        self._background.register(JOB, self.work, every=EVERY)
        waking.register(state, waking.Queue(self.turn, self.due_in))

    def begin_anew(self) -> None:
        """In a child process: what was in the making is made by the parent."""
        self._mutex = threading.Lock()
        self._making: Making | None = None

    def wake(self) -> None:
        """There is something to do."""
        if self._background.is_begun or self._state.settings.worker == "embedded":
            self._background.wake(JOB)
        elif self._waker is not None:
            self._waker.wake()

    def reside(self) -> Background:
        """Return the thread of a process that is there for it."""
        return self._background

    def due_in(self) -> float | None:
        """In how many seconds there is one to go on with; ``None`` when there is none."""
        return self._state.store.files.due_in()

    def work(self) -> float | None:
        """Go on for a moment, in the background thread; return when to be called again."""
        if self._background.is_ending:
            self.let_go()
            return None
        try:
            return BREATH if self._step() else None
        except (ConfigError, SchemaMissing):
            # There is no log yet. Whoever asks for an export is told.
            return None

    def turn(self, ends: Callable[[], bool]) -> int:
        """Go on for a moment, where deliveries wait too; return 1 if there may be more to do."""
        more = self._step()
        # Who has only read what was written before has done nothing for the next one.
        while more and ends() and self._making is not None and not self._making.has_written:
            more = self._step()
        if ends():
            self.let_go()

        return int(more)

    def run(self) -> int:
        """Make all that are asked for; return how many steps it took."""
        steps = 0
        while self._step():
            steps += 1

        return steps

    def let_go(self) -> None:
        """Leave what is in the making to whoever comes next."""
        with self._mutex, self._state.app.app_context():
            current, self._making = self._making, None
            if current is not None and current.file is not None:
                try:
                    self._state.store.files.save(current.file, seconds=0, lease=None)
                except AuditLogError:
                    # Its lease ends.
                    logger.debug("an export could not be let go", exc_info=True)

    def close(self) -> None:
        """End the thread."""
        self._background.close()
        self.let_go()

    def _step(self) -> bool:
        """Go on with what is in the making, or begin; return whether there may be more."""
        with self._mutex, self._state.app.app_context():
            files = self._state.store.files
            self._prune()
            current, self._making = self._making, None
            if current is None:
                file = files.claim(str(uuid4()), seconds=making.LEASE)
                if file is None:
                    return False
                hours = self._state.settings.limits.export_hours
                current = Making(self._state.store, file, hours=hours)
            try:
                if current.step():
                    self._making = current
            except Exception as error:  # noqa: BLE001 (whatever it is: the others wait)
                self._failed(current, error)

        return True

    def _failed(self, current: Making, error: Exception) -> None:
        """Try it again in a while, but not for ever."""
        file = current.file
        if file is None:
            return
        logger.warning("The export %s could not go on", file.id, exc_info=error)
        failures = file.failures + 1
        words = str(error) if isinstance(error, AuditLogError) else "The app's own log says why."
        files = self._state.store.files
        if failures < MOST_FAILURES:
            pause = pause_after(failures + 3)
            files.save(file, seconds=pause, lease=None, failures=failures, error=words)
            return
        note_end(file, query_of(file), {"complete": False})
        files.finish(file, state="failed", failures=failures, error=words)

    def _prune(self) -> None:
        """Remove what has expired, by whichever process comes first."""
        store = self._state.store
        if store.followers.turn("exports: prune", every=PRUNE):
            while store.files.prune(days=DAYS, limit=AT_ONCE) >= AT_ONCE:
                pass


_exporters: WeakKeyDictionary[State, Exporter] = WeakKeyDictionary()


def init(state: State) -> None:
    """Make what is asked for in an app."""
    _exporters[state] = Exporter(state)


def exporter_of(state: State) -> Exporter:
    """Return who makes the exports of an app."""
    return _exporters[state]
