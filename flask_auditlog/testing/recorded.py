"""The events that were recorded while somebody listened."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import overload
from typing import TYPE_CHECKING

from .expected import check_names
from .expected import Difference
from .expected import differences
from .expected import name_of

if TYPE_CHECKING:
    from ..event import Event

# Of so many events a message tells.
TOLD = 20


class Recorded(Sequence["Event"]):
    """The events that were recorded, in order, as a sequence.

    :param events: gives those there are so far.
    :param failures: what could not be recorded, and why.
    """

    def __init__(
        self, events: Callable[[], list[Event]], failures: Sequence[Exception] = ()
    ) -> None:
        self._events = events
        self._failures = failures

    def __len__(self) -> int:
        return len(self._events())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events())

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events()[index]

    def __repr__(self) -> str:
        return f"<Recorded {self.types}>"

    @property
    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [event.type for event in self]

    def assert_recorded(self, *, count: int | None = None, **expected: Any) -> Event:
        """Return the last event that is as expected; fail, and say what there is, if none is.

        :param count: how many there must be, from 1 on; otherwise one or more. For none there is
            :meth:`assert_nothing_recorded`.
        :param expected: ``type`` (``"invoice.*"`` works), ``actor`` (an id, a username or an
            ``Actor``), ``changes`` and ``details`` (only what matters of them), and any other
            field of an event, as ``resource_path="invoices/42"``.
        :raises AssertionError: when no event is, or not *count* of them are.
        :raises TypeError: for a field that an event does not have.
        :raises ValueError: for a count of 0.
        """
        __tracebackhide__ = True
        check_names(expected)
        if count == 0:
            raise ValueError("Use assert_nothing_recorded for what must not be there.")
        events = list(self)
        found = [(event, differences(event, expected)) for event in events]
        matching = [event for event, different in found if not different]
        if not matching if count is None else len(matching) != count:
            raise AssertionError(_missing(expected, count, found, self._failures))

        return matching[-1]

    def assert_nothing_recorded(self, **expected: Any) -> None:
        """Fail, and say what there is, if anything was recorded that is as expected.

        :param expected: as of :meth:`assert_recorded`; without, any event is too many.
        :raises AssertionError: when there is such an event.
        """
        __tracebackhide__ = True
        check_names(expected)
        events = [event for event in self if not differences(event, expected)]
        if events:
            told = _listed(_line(event) for event in events)
            raise AssertionError(f"Nothing should be recorded, but {_number(len(events))}:\n{told}")


def _missing(
    expected: Mapping[str, Any],
    count: int | None,
    found: Sequence[tuple[Event, list[Difference]]],
    failures: Sequence[Exception],
) -> str:
    """Say what was expected, what there is instead, and how the nearest differs."""
    matching = sum(not different for _, different in found)
    if count is None:
        begin = "No event is as expected:"
    else:
        begin = f"{_number(matching)} as expected, not {count}:"
    wanted = [f"    {name} = {value!r}" for name, value in expected.items()] or ["    anything"]
    parts = [begin, *wanted]
    parts.append(f"{_number(len(found))} recorded{':' if found else '.'}")
    if found:
        nearest = min((d for _, d in found), key=_distance)
        parts.append(_listed(_told(event, different, nearest) for event, different in found))
    parts += [f"Not recorded, for an error: {type(e).__name__}: {e}" for e in failures]

    return "\n".join(parts)


def _distance(different: Sequence[Difference]) -> tuple[bool, int]:
    """An event of the expected type is nearer than any other."""
    return any(each.place == "type" for each in different), len(different)


def _told(event: Event, different: list[Difference], nearest: list[Difference]) -> str:
    line = f"{_line(event)}{'' if different else '   (as expected)'}"
    if not different or different is not nearest:
        return line
    return "\n".join([line, *(f"         {each}" for each in different)])


def _line(event: Event) -> str:
    """An event in one line."""
    parts = [event.type, event.resource_path, event.error and f"({event.error})"]
    who = name_of(event.auth_details)
    parts.append(who and f"by {who}")

    return " ".join(repr(part)[1:-1] for part in parts if part)


def _listed(lines: Iterable[str]) -> str:
    numbered = [f"{number:5}. {line}" for number, line in enumerate(lines, start=1)]
    if len(numbered) > TOLD:
        numbered[TOLD:] = [f"       … and {len(numbered) - TOLD} more"]

    return "\n".join(numbered)


def _number(events: int) -> str:
    return "1 event was" if events == 1 else f"{events} events were"
