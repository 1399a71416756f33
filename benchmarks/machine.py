"""Which machine this is, and how fast its disk says that something is on it."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("flask", "werkzeug", "sqlalchemy", "psycopg", "msgspec")


def description() -> str:
    """Return a few lines that say what was measured on."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())

    return "\n".join(
        (
            f"- {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory",
            f"- {platform.platform()}; write + fdatasync of 1 KiB: {_sync_time() * 1e6:.0f} µs",
            f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
            f"- load average at the start: {load}",
        )
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]

    return names[0] if names else platform.processor()


def _sync_time() -> float:
    with tempfile.NamedTemporaryFile() as file:
        taken = []
        for _ in range(200):
            began = time.perf_counter()
            os.write(file.fileno(), b"x" * 1024)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)

    return statistics.median(taken)
