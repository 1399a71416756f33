"""RQ's jobs take along who asked for them, in their ``meta``.

To be named where jobs are sent and where they are worked: ``Queue(job_class=Job)``,
``rq worker --job-class flask_auditlog.work.rq.Job``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import rq.job

from ..state import resumed
from .carrying import here

META = "auditlog"


class Job(rq.job.Job):
    """A job of RQ that records as who sent it."""

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> rq.job.Job:
        """Make a job that carries who and where we are."""
        job = super().create(*args, **kwargs)
        if (carried := here()) is not None:
            job.meta[META] = carried

        return job

    def perform(self) -> Any:
        """Run the job as whoever sent it."""
        with self._resumed():
            return super().perform()

    @property
    def success_callback(self) -> Any:
        """What is called after the job, as whoever sent it."""
        return self._as_sent(super().success_callback)

    @property
    def failure_callback(self) -> Any:
        """What is called when the job failed, as whoever sent it."""
        return self._as_sent(super().failure_callback)

    @property
    def stopped_callback(self) -> Any:
        """What is called when the job was stopped, as whoever sent it."""
        return self._as_sent(super().stopped_callback)

    def _resumed(self) -> AbstractContextManager[None]:
        return resumed(self.meta.get(META), program=f"rq {self.func_name}")

    def _as_sent(self, callback: Callable[..., Any] | None) -> Callable[..., Any] | None:
        # RQ looks for these to refuse them.
        if callback is None or inspect.iscoroutinefunction(callback):
            return callback

        @functools.wraps(callback)
        def call(*args: Any) -> Any:
            with self._resumed():
                return callback(*args)

        return call
