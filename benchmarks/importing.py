"""Importing and initialising, against importing Flask and SQLAlchemy."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from .figures import bounded
from .figures import Figure
from .figures import mebibytes
from .figures import milliseconds

ROUNDS = 11
PLAIN = "import sqlalchemy\nfrom flask import Flask\napp = Flask('app')\n"
OURS = f"{PLAIN}from flask_auditlog import AuditLog\nAuditLog(app)\n"
# Of the process since it began to be Python; getrusage() would tell of its parent too.
PEAK = """
import re
print(re.search("VmHWM: *(.*) kB", open("/proc/self/status").read().replace("\\t", " "))[1])
"""


def run() -> Iterator[Figure]:
    """Whole processes, in turn; time of the processor, since a busy machine makes both wait."""
    plain: list[tuple[float, float]] = []
    ours: list[tuple[float, float]] = []
    for _ in range(ROUNDS + 1):
        plain.append(_process(PLAIN))
        ours.append(_process(OURS))
    # The first round may have compiled or read from disk.
    seconds, size = (
        [statistics.median(each[i] for each in some[1:]) for some in (plain, ours)] for i in (0, 1)
    )
    yield bounded(
        "import and init_app: added time",
        seconds[1] - seconds[0],
        0.150,
        milliseconds,
        limit=milliseconds(seconds[0]),
    )
    yield bounded(
        "import and init_app: added memory",
        size[1] - size[0],
        30 * 2**20,
        mebibytes,
        limit=mebibytes(size[0]),
    )


def _process(script: str) -> tuple[float, float]:
    began = _children_time()
    done = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", script + PEAK], check=True, capture_output=True, text=True
    )

    return _children_time() - began, int(done.stdout) * 1024


def _children_time() -> float:
    used = os.times()
    return used.children_user + used.children_system
