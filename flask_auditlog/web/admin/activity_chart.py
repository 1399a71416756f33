"""The chart of the overview: a histogram whose bars are stacked by the family of the types. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from ...event import FAMILIES
from ...event import Family
from ...event import family
from ...event import OWN_TYPES
from ...store.charts.summary import Bar
from ...store.language import Expression
from ...store.language import Term
from ...store.language.expression import all_of
from ...store.language.expression import conjuncts
from ...store.language.expression import negated
from ..words import _
from ..words import N_
from .asked import Asked
from .histogram_chart import Chart
from .histogram_chart import Column

# The height of the highest bar, in pixels, and that of the least part that is there.
HEIGHT = 150
_LEAST = 2.0
# From below: what an app does is most of it, and stands on the line.
_ORDER: tuple[Family, ...] = ("own", "access", "admin", "system")
# What types of ours begin with is what a machine wrote, and not translated.
_WORDS: Mapping[str, str] = {"own": N_("own types")}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in pixels from the top. ``family`` is ``None`` for all that it holds."""

    family: Family | None
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar. ``numbers`` are those of :data:`FAMILIES`, ``None`` where they were not counted."""

    column: Column
    parts: tuple[Part, ...]
    words: str
    numbers: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend; ``to`` searches what it stands for."""

    family: Family
    words: str
    number: int
    to: Asked


@dataclass(frozen=True, slots=True)
class Activity:
    """All that is drawn. ``unknown`` is how many events nobody counted by family."""

    chart: Chart
    stacks: tuple[Stack, ...]
    legend: tuple[Entry, ...]
    unknown: int
    failed: Asked
    highest: Stack


def activity_of(chart: Chart, bars: Sequence[Bar], asked: Asked) -> Activity:
    """Return *chart* stacked by family.

    :param bars: those of the chart.
    :param asked: the page whose events they are.
    """
    pairs = zip(chart.columns, bars, strict=True)
    stacks = tuple(_stack(column, bar, chart.top) for column, bar in pairs)
    known = [bar.families for bar in bars if bar.families is not None]
    sums = {each: sum(numbers[each] for numbers in known) for each in FAMILIES}

    return Activity(
        chart=chart,
        stacks=stacks,
        legend=tuple(
            Entry(each, words_of(each), sums[each], _asking(asked, _of(each))) for each in FAMILIES
        ),
        unknown=sum(bar.records or 0 for bar in bars) - sum(sums.values()),
        failed=_asking(asked, [Term("error", "exists")]),
        highest=max(stacks, key=lambda stack: stack.column.number or 0),
    )


def words_of(name: Family) -> str:
    """What a family is called."""
    return _(_WORDS[name]) if name in _WORDS else name


def _asking(asked: Asked, parts: Iterable[Expression]) -> Asked:
    return asked.asking(all_of([*conjuncts(asked.expression), *parts]))


def _of(name: Family) -> list[Expression]:
    """What finds the events of a family, and no others: as many as the chart has.

    Who asks for types of the system by their name is shown the log's own news, too, which are
    not in the chart: so they are taken away again.
    """
    if name == "own":
        return [negated(_like(each)) for each in FAMILIES if each != "own"]
    news = [each for each in OWN_TYPES if name == "system" and family(each) == name]

    return [_like(name), *(negated(Term("type", "is", each)) for each in news)]


def _like(name: Family) -> Expression:
    return Term("type", "like", f"{name}.*")


def _stack(column: Column, bar: Bar, top: int) -> Stack:
    if not bar.records:
        return Stack(column, (), column.words, None if bar.families is None else (0,) * 4)
    if bar.families is None:
        height = max(_LEAST, HEIGHT * bar.records / top)
        words = f"{column.words} ({_('class not counted')})"
        return Stack(column, (_part(None, HEIGHT, height),), words, None)
    there = {each: bar.families[each] for each in _ORDER if bar.families[each]}
    told = ", ".join(f"{words_of(each)} {there[each]:,}" for each in FAMILIES if each in there)

    return Stack(
        column,
        tuple(_parts(there, HEIGHT * bar.records / top)),
        f"{column.words} ({told})",
        tuple(bar.families[each] for each in FAMILIES),
    )


def _parts(there: Mapping[Family, int], height: float) -> list[Part]:
    """The parts of a bar of this height, one on the other.

    What is there is seen; so that the bar is no higher for it, the largest part gives it away.
    """
    total = sum(there.values())
    heights = {each: max(_LEAST, height * number / total) for each, number in there.items()}
    largest = max(there, key=lambda each: there[each])
    heights[largest] = max(_LEAST, heights[largest] + height - sum(heights.values()))
    parts, bottom = [], float(HEIGHT)
    for each in there:
        parts.append(_part(each, bottom, heights[each]))
        bottom -= heights[each]

    return parts


def _part(name: Family | None, bottom: float, height: float) -> Part:
    return Part(name, round(bottom - height, 1), round(height, 1))
