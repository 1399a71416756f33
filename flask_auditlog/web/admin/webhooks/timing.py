"""How long each part of an attempt took, as a bar and in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....store.webhooks import Attempt
from ...words import _
from ...words import N_

# In their order: the phase, its colour, its word.
_PHASES = (
    ("dns", "t-dns", "dns"),
    ("connect", "t-conn", N_("connect")),
    ("tls", "t-tls", "tls"),
    ("wait", "t-wait", N_("answer")),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar: where it begins and how wide it is, of 100."""

    colour: str
    begin: float
    width: float


@dataclass(frozen=True, slots=True)
class Timing:
    """The parts, and the same in words."""

    parts: tuple[Part, ...]
    words: str


def timing_of(attempt: Attempt) -> Timing | None:
    """Return the timing of an attempt; ``None`` where nothing of it is known."""
    phases = {name: value for name, value in attempt.phases.items() if value > 0}
    total = max(attempt.milliseconds or 0.0, sum(phases.values()))
    if not phases or total <= 0:
        return None
    late = attempt.error == "timeout"
    parts, begin = [], 0.0
    for name, colour, __ in _PHASES:
        width = 100 * phases.get(name, 0.0) / total
        if width:
            shown = "t-over" if late and name == "wait" else colour
            parts.append(Part(shown, round(begin, 2), round(width, 2)))
        begin += width

    return Timing(tuple(parts), _words(phases, attempt.milliseconds))


def took(milliseconds: float) -> str:
    """``0.4 ms``, ``142 ms``, ``15.00 s``."""
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"

    return f"{milliseconds / 1000:.2f} s"


def _words(phases: Mapping[str, float], total: float | None) -> str:
    said = [f"{_(word)} {took(phases[name])}" for name, __, word in _PHASES if name in phases]
    if total is not None:
        said.append(_("in all %(time)s", time=took(total)))

    return ", ".join(said)
