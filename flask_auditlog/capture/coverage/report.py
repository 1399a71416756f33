"""What was found -> what is audited, ignored with a reason, or uncovered. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import Literal

from .facts import Fact
from .facts import Model
from .facts import Route
from .facts import Signal
from .facts import Type
from .facts import Write

State = Literal["uncovered", "ignored", "audited"]
STATES: Sequence[State] = ("uncovered", "ignored", "audited")

# What a request leaves that nothing more specific was recorded in, or that was refused.
UNSPECIFIC = frozenset({"access.REQUEST", "access.PERMISSION_DENIED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the report.

    ``why`` says by what it is audited, the reason why not, or the line to add: in English, which
    the page of coverage translates by what it is. A reason that the host gave stays as it is.
    """

    kind: str
    name: str
    place: str
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """All lines, the uncovered first."""

    items: Sequence[Item]

    def of(self, state: State) -> list[Item]:
        """Return the lines in one state."""
        return [item for item in self.items if item.state == state]

    @property
    def percent(self) -> float:
        """How much is audited or ignored with a reason; never rounded up. 100 of nothing."""
        if not self.items:
            return 100.0
        covered = len(self.items) - len(self.of("uncovered"))

        return math.floor(1000 * covered / len(self.items)) / 10

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "percent": self.percent,
            **{state: len(self.of(state)) for state in reversed(STATES)},
            "items": [
                {name: getattr(item, name) for name in Item.__dataclass_fields__}
                for item in self.items
            ],
        }


def report(facts: Iterable[Fact]) -> Report:
    """Judge what was found."""
    items = [_JUDGES[type(fact)](fact) for fact in facts]
    items.sort(key=lambda item: (STATES.index(item.state), KINDS.index(item.kind)))

    return Report(items)


def _model(fact: Model) -> Item:
    line = Item(kind="model", name=fact.name, place=fact.module, state="audited", why="tracked")
    if fact.is_tracked:
        return line
    if fact.is_left_out and fact.reason:
        return replace(line, state="ignored", why=fact.reason)
    if fact.is_left_out:
        return replace(line, state="uncovered", why=f'exclude={{{fact.name}: "why not"}}')

    return replace(line, state="uncovered", why=f"audit.track({fact.name})")


def _route(fact: Route) -> Item:
    name = f"{fact.method} {fact.path}"
    place = " ".join(filter(None, (fact.endpoint, fact.place)))
    line = Item(kind="route", name=name, place=place, state="audited", why="request")
    better = [each for each in fact.seen if each not in UNSPECIFIC]
    if fact.reason:
        return replace(line, state="ignored", why=fact.reason)
    if fact.action:
        return replace(line, why=f"action {fact.action}")
    if better:
        return replace(line, why=f"seen {', '.join(better)}")
    if fact.is_recorded:
        return line

    return replace(line, state="uncovered", why='@audit.action(…), or @audit.exempt("why not")')


def _signal(fact: Signal) -> Item:
    line = Item(kind="signal", name=fact.name, place=fact.library, state="audited", why="")
    if fact.reason:
        return replace(line, state="ignored", why=fact.reason)
    if fact.type is None:
        return replace(line, state="uncovered", why="audit.access_event(…) in a receiver of it")
    if not fact.is_listened_to:
        return replace(line, state="uncovered", why='AUDITLOG_CAPTURE: {"logins": True}')

    return replace(line, why=fact.type)


def _type(fact: Type) -> Item:
    line = Item(kind="type", name=fact.name, place="", state="audited", why="defined")
    if fact.was_recorded is False:
        return replace(line, state="uncovered", why="a test in which one is recorded")

    return line if fact.was_recorded is None else replace(line, why="recorded")


def _write(fact: Write) -> Item:
    line = Item(
        kind="write", name=fact.table, place=", ".join(fact.paths), state="audited", why="tracked"
    )
    if fact.is_tracked:
        return line
    if fact.reason:
        return replace(line, state="ignored", why=fact.reason)

    return replace(line, state="uncovered", why="audit.track(…) the model of this table")


_JUDGES: Mapping[type[Fact], Callable[[Any], Item]] = {
    Model: _model,
    Route: _route,
    Signal: _signal,
    Type: _type,
    Write: _write,
}
KINDS = ("model", "write", "route", "signal", "type")
