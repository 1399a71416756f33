"""How much memory a piece of work takes at its highest, beyond what was there before it."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_processes = multiprocessing.get_context("spawn")


def added_peak(prepare: Callable[..., Callable[[], object]], *arguments: Any) -> int:
    """Return the bytes that the work adds, measured in a process of its own.

    :param prepare: gives the work, once everything is warm; a function of a module.
    """
    return peak_and_seconds(prepare, *arguments)[0]


def peak_and_seconds(
    prepare: Callable[..., Callable[[], object]], *arguments: Any, patience: float = 600
) -> tuple[int, float]:
    """Return also how long it took, in seconds.

    :param patience: how long it may take.
    """
    answers: Any = _processes.Queue()
    child = _processes.Process(target=_measure, args=(answers, prepare, arguments))
    child.start()
    measured: tuple[int, float] = answers.get(timeout=patience)
    child.join()

    return measured


def _measure(answers: Any, prepare: Callable[..., Callable[[], object]], arguments: Any) -> None:
    work = prepare(*arguments)
    # The peak so far is forgotten (proc(5), clear_refs), so that the start does not hide it.
    Path("/proc/self/clear_refs").write_text("5")
    idle = _kibibytes("VmRSS")
    began = time.perf_counter()
    work()
    taken = time.perf_counter() - began
    answers.put(((_kibibytes("VmHWM") - idle) * 1024, taken))


def _kibibytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError(f"/proc/self/status does not tell {name}")

    return int(found[1])
