"""What is printed: a measurement, what it is compared to, and the target."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

Samples = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. ``met`` is ``None`` where there is no target."""

    what: str
    ours: str
    limit: str
    result: str
    target: str
    met: bool | None


def compared(
    what: str,
    samples: tuple[Sequence[float], Sequence[float]],
    unit: Callable[[float], str],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """Return the line for ours and its limit, each measured in the same rounds.

    The ratio is that of the medians; behind it stand the tenth and ninetieth of a hundred rounds.
    """
    ours, limit = samples
    ratio = statistics.median(ours) / statistics.median(limit)
    each = [a / b for a, b in zip(ours, limit, strict=True)]
    target, met = "", None
    if at_most is not None:
        target, met = f"≤ {at_most:g}×", ratio <= at_most
    if at_least is not None:
        target, met = f"≥ {at_least:g}×", ratio >= at_least

    return Figure(
        what=what,
        ours=unit(statistics.median(ours)),
        limit=unit(statistics.median(limit)),
        result=f"{ratio:.2f}× ({percentile(each, 10):.2f} to {percentile(each, 90):.2f})",
        target=target,
        met=met,
    )


def bounded(
    what: str, value: float, most: float, unit: Callable[[float], str], *, limit: str = ""
) -> Figure:
    """Return the line for a value that may be at most *most*."""
    shown = unit(value)
    return Figure(
        what=what,
        ours=shown,
        limit=limit,
        result=shown,
        target=f"≤ {unit(most)}",
        met=value <= most,
    )


def told(what: str, ours: str, limit: str = "", result: str = "") -> Figure:
    """Return a line without a target."""
    return Figure(what=what, ours=ours, limit=limit, result=result, target="", met=None)


def interleaved(
    contestants: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Let all run in turn, *rounds* times, so that the machine's moods meet each alike."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            samples[name].append(run())

    return samples


def median_call(call: Callable[[], object], times: int) -> float:
    """Return the median time of a call, in seconds."""
    clock = time.perf_counter
    taken: list[float] = []
    for _ in range(times):
        began = clock()
        call()
        taken.append(clock() - began)

    return statistics.median(taken)


def percentile(values: Iterable[float], per_cent: float) -> float:
    """Return the smallest value that *per_cent* of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]


def microseconds(seconds: float) -> str:
    """``412 µs``."""
    return f"{seconds * 1e6:,.0f} µs"


def milliseconds(seconds: float) -> str:
    """``4.1 ms``."""
    return f"{seconds * 1e3:,.1f} ms"


def per_second(rate: float) -> str:
    """``12,345/s``."""
    return f"{rate:,.0f}/s"


def mebibytes(size: float) -> str:
    """``12.3 MiB``, of bytes."""
    return f"{size / 2**20:,.1f} MiB"


HEADS = ("what", "ours", "limit", "result", "target", "")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in Markdown."""
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [HEADS, ("-",) * len(HEADS)]
    rows += [(f.what, f.ours, f.limit, f.result, f.target, marks[f.met]) for f in figures]

    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
