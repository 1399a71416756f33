"""How much memory a piece of work takes at its highest, beyond what was there before it."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_processes = multiprocessing.get_context("spawn")


def added_peak(prepare: Callable[..., Callable[[], object]], *arguments: Any) -> int:
    """Return the bytes that the work adds, measured in a process of its own.

    :param prepare: gives the work, once everything is warm; a function of a module.
    """
    answers: Any = _processes.Queue()
    child = _processes.Process(target=_measure, args=(answers, prepare, arguments))
    child.start()
    added: int = answers.get(timeout=600)
    child.join()

    return added


def _measure(answers: Any, prepare: Callable[..., Callable[[], object]], arguments: Any) -> None:
    work = prepare(*arguments)
    # The peak so far is forgotten (proc(5), clear_refs), so that the start does not hide it.
    Path("/proc/self/clear_refs").write_text("5")
    idle = _kibibytes("VmRSS")
    work()
    answers.put((_kibibytes("VmHWM") - idle) * 1024)


def _kibibytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError(f"/proc/self/status does not tell {name}")

    return int(found[1])
