"""Work that no request waits for: in a thread of this process, one job after the other.

A larger service would have a queue here. What matters to the audit log is the same: a job is
recorded as whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import current_app
from flask import Flask

from .audit import audit

worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledgerly")


def later(job: Callable[..., None], *arguments: Any) -> Future[None]:
    """Have *job* done after this request, in the name of who made it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (documented)

    return worker.submit(run, app, audit.carried(), job, *arguments)


def run(app: Flask, carried: dict[str, str], job: Callable[..., None], *arguments: Any) -> None:
    with app.app_context(), audit.resumed(carried, program=job.__name__):
        try:
            job(*arguments)
        except Exception:
            app.logger.exception("The job %s failed", job.__name__)


def finish() -> None:
    """Wait until everything is done that was asked for so far."""
    worker.submit(lambda: None).result()
