"""Celery's tasks take along who asked for them, in a header of their message.

By Celery's own signals: nothing is to be written for it. Celery itself is never imported
here, since that takes longer than all of us; who has tasks has imported it before.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

from ..state import resumed
from .carrying import here

HEADER = "auditlog"

# The tasks that run in this process, by their ids.
_running: dict[str, AbstractContextManager[None]] = {}


def follow() -> None:
    """Listen to Celery where it is imported. Safe to call again.

    One set of signals serves all apps: the sender of a task is the app whose context it is
    sent in.
    """
    signals: Any = sys.modules.get("celery.signals")
    if signals is None:
        return
    for signal, receiver in (
        (signals.before_task_publish, _send),
        (signals.task_prerun, _begin),
        (signals.task_postrun, _end),
    ):
        signal.connect(receiver, weak=False, dispatch_uid="flask_auditlog")


def _send(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and (carried := here()) is not None:
        headers[HEADER] = carried


def _begin(task_id: str = "", task: Any = None, **_: Any) -> None:
    # An eager task runs where it was called, and is recorded as what happens there.
    if task.request.is_eager:
        return
    block = resumed(task.request.get(HEADER), program=f"celery {task.name}")
    block.__enter__()
    _running[task_id] = block


def _end(task_id: str = "", **_: Any) -> None:
    block = _running.pop(task_id, None)
    if block is not None:
        block.__exit__(None, None, None)
