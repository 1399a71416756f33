"""For whoever watches over the log: whether it is well, and its numbers.

``metrics`` is Prometheus' text format, version 0.0.4:
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import jsonify
from flask import Response

from ..errors import AuditLogError
from ..errors import ScopeError
from ..logs import logger
from ..state import current
from ..state import State
from ..store import VIEW_EVENTS
from . import problems
from .auth import api_caller

# Seconds that a delivery may be late, until something is wrong with who delivers.
LATE = 300.0
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def healthz() -> tuple[Response, int]:
    """Whether the log is well. For a load balancer: it needs no token, and tells nobody more.

    503 when nothing can be recorded; ``degraded``, which is no reason to stop the app, when
    deliveries wait.
    """
    state = current()
    if not state.settings.enabled:
        return jsonify(status="disabled"), 200
    try:
        is_late = state.store.measures.of_all().oldest_due_seconds > LATE
    except AuditLogError as error:
        logger.warning("the log is not well: %s", type(error).__name__)
        return jsonify(status="failing", failing=["log"]), 503
    if is_late:
        return jsonify(status="degraded", failing=["deliveries"]), 200

    return jsonify(status="ok"), 200


def metrics() -> Response:
    """The numbers of the log and of its deliveries; the counters are those of this process."""
    state = current()
    try:
        caller = api_caller(VIEW_EVENTS, state.settings.realms[0])
        if caller.scope.organization_id is not None:
            raise ScopeError("Metrics are of all organizations; this token is of one.")
        text = "".join(f"{line}\n" for line in _lines(state))
    except AuditLogError as error:
        return problems.problem(error)

    return Response(text, content_type=TEXT)


def _lines(state: State) -> Iterator[str]:
    outbox = state.store.measures.of_all()
    yield from _of("records", "gauge", "Records in the log.", state.store.head())
    yield from _of("outbox_pending", "gauge", "Deliveries that wait.", outbox.pending)
    yield from _of("outbox_inflight", "gauge", "Deliveries under way.", outbox.inflight)
    yield from _of(
        "outbox_oldest_due_seconds",
        "gauge",
        "For how long something could have been sent, and was not. The alarm.",
        outbox.oldest_due_seconds,
    )
    yield from _of("endpoints_disabled", "gauge", "Webhooks that are disabled.", outbox.disabled)
    for name, count in sorted(state.recorder.counters.items()):
        yield from _of(f"{name}_total", "counter", f"{name}, since this process began.", count)


def _of(name: str, kind: str, help_: str, value: Any) -> Iterator[str]:
    yield f"# HELP auditlog_{name} {help_}"
    yield f"# TYPE auditlog_{name} {kind}"
    yield f"auditlog_{name} {value}"
