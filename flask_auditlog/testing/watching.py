"""Watching the requests of all tests: what ``--audit-strict`` and ``--audit-seen`` ask for."""

from __future__ import annotations

from collections.abc import Generator
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask import request
from flask import request_finished
from flask import Response

from ..capture.coverage import Seen
from ..capture.coverage.seen import Sightings
from ..capture.coverage.seen import write_seen
from ..capture.models.seen import seen
from ..capture.requests import is_left_out
from ..capture.rules import CHANGING
from ..state import EXTENSION
from ..state import of
from ..state import states
from ..state import visit
from .listening import recorded
from .recorded import Recorded

# Where a worker of pytest-xdist leaves what it saw.
WORKER = "auditlog_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that reached a view which may have changed something."""

    method: str
    path: str
    endpoint: str
    status: int
    id: str

    def __str__(self) -> str:
        return f"{self.method} {self.path!r} ({self.endpoint}, {self.status})"


class Watch:
    """A plugin of pytest, there only when it is asked for.

    :param strict: fail a test whose state-changing request left no event.
    :param seen: the file for what was seen; none is written without it.
    """

    def __init__(self, *, strict: bool, seen: Path | None) -> None:
        self._strict = strict
        self._seen = seen
        self._sightings = Sightings()
        self._requests: list[Request] = []
        self._events: Recorded | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Listen from before the first fixture of a test to after the last."""
        self._requests.clear()
        with request_finished.connected_to(self._note), recorded() as self._events:
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Look at the requests of a test that succeeded so far, those of its fixtures too."""
        answer = yield
        if self._strict and (silent := self._silent()):
            pytest.fail(_told(silent), pytrace=False)

        return answer

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """Keep what was seen: the fixtures may roll it back."""
        events = list(self._events or ())
        self._sightings.types.update(event.type for event in events)
        endpoints = {each.id: each.endpoint for each in self._requests}
        for event in events:
            if (endpoint := endpoints.get(event.request_id or "")) is not None:
                self._sightings.endpoints[endpoint].add(event.type)
        for state in states():
            for table, path in seen(state):
                self._sightings.tables[table].add(path)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was seen; a worker of pytest-xdist gives it to whoever started it."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output[WORKER] = msgspec.to_builtins(self._sightings.seen())
        elif self._seen is not None:
            write_seen(self._seen, self._sightings.seen())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of pytest-xdist saw. One that was killed has nothing to tell."""
        output = getattr(node, "workeroutput", {})
        if WORKER in output:
            self._sightings.add(msgspec.convert(output[WORKER], Seen))

    def _note(self, app: Flask, response: Response) -> None:
        """Note a request that may have changed something, if it is for the log to know."""
        if EXTENSION not in app.extensions or request.method not in CHANGING:
            return
        # A path that leads nowhere changes nothing.
        if request.endpoint is None or is_left_out(of(app), response.status_code):
            return
        self._requests.append(
            Request(
                method=request.method,
                path=request.path,
                endpoint=request.endpoint,
                status=response.status_code,
                id=visit().request_id,
            )
        )

    def _silent(self) -> list[Request]:
        """Return the requests that were not refused, and left no event."""
        heard = {event.request_id for event in self._events or ()}
        return [each for each in self._requests if each.id not in heard and each.status // 100 != 4]


def _told(silent: Iterable[Request]) -> str:
    lines = "\n".join(f"{each} left no event in the audit log (--audit-strict)." for each in silent)
    return f'{lines}\nRecord one with @audit.action or audit.record(), or say why not: @audit.exempt("…").'
