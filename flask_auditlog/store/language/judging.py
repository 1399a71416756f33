"""Whether a query finds one record: as the databases would answer it, without one. Pure.

For who is asked of each event as it comes, as webhooks are. A term takes no longer than it
takes to read the record.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from functools import cached_property

import msgspec

from ...event import Actor
from ...event import Event
from ...wildcards import is_like
from ..address import bounds
from ..address import pack
from .expression import And
from .expression import Expression
from .expression import Not
from .expression import Or
from .expression import Term
from .expression import TEXT
from .expression import Window
from .inside import Details
from .inside import fitting
from .values import network

_NOBODY = Actor()
_PLACES: Mapping[str, Callable[[Event, Actor], tuple[str | None, ...]]] = {
    "type": lambda event, _: (event.type,),
    "actor": lambda _, who: (who.user_id, who.username),
    "user": lambda _, who: (who.user_id,),
    "username": lambda _, who: (who.username,),
    "client": lambda _, who: (who.client_id,),
    "session": lambda _, who: (who.session_id,),
    "org": lambda event, _: (event.organization_id,),
    "resource": lambda event, _: (event.resource_path,),
    "resource_type": lambda event, _: (event.resource_type,),
    "operation": lambda event, _: (event.operation_type,),
    "error": lambda event, _: (event.error,),
    "request": lambda event, _: (event.request_id,),
    "source": lambda event, _: (event.source,),
}


class Subject:
    """A record that is judged. What is read of it is read once, however much is asked."""

    def __init__(self, event: Event, body: str) -> None:
        self.event = event
        self.actor = event.auth_details or _NOBODY
        self._body = body

    @cached_property
    def lowered(self) -> bytes:
        """The body, its ASCII letters in lower case."""
        return self._body.encode().lower()

    @cached_property
    def details(self) -> Details:
        """What stands at the paths of its details."""
        return Details(self._body)


Judge = Callable[[Subject], bool]


def judge_of(expression: Expression) -> Judge:
    """Return what tells whether *expression*, its times settled, finds a record."""
    match expression:
        case And(parts):
            return _all([judge_of(part) for part in parts])
        case Or(parts):
            return _any([judge_of(part) for part in parts])
        case Not(part):
            found = judge_of(part)
            return lambda subject: not found(subject)
        case Window(after, before):
            return _within(after, before)
    return _term(expression)


def _term(term: Term) -> Judge:
    if term.path is not None:
        return _in_details(term.path, term)
    if term.field == "ip":
        return _in_network(term)
    if term.field == TEXT:
        written = msgspec.json.encode(term.value)[1:-1].lower()
        return lambda subject: written in subject.lowered

    return _in_field(term)


def _all(judges: Iterable[Judge]) -> Judge:
    return lambda subject: all(judge(subject) for judge in judges)


def _any(judges: Iterable[Judge]) -> Judge:
    return lambda subject: any(judge(subject) for judge in judges)


def _within(after: int | None, before: int | None) -> Judge:
    def judge(subject: Subject) -> bool:
        time = subject.event.time
        return (after is None or time >= after) and (before is None or time < before)

    return judge


def _in_network(term: Term) -> Judge:
    if term.operator == "exists":
        return lambda subject: pack(subject.actor.ip_address) is not None
    low, high = bounds(network(term.value))

    def judge(subject: Subject) -> bool:
        address = pack(subject.actor.ip_address)
        return address is not None and low <= address <= high

    return judge


def _in_field(term: Term) -> Judge:
    places, fits = _PLACES[term.field], _fitting(term)

    def judge(subject: Subject) -> bool:
        values = places(subject.event, subject.actor)
        return any(value is not None and fits(value) for value in values)

    return judge


def _fitting(term: Term) -> Callable[[str], bool]:
    """What tells whether a text that is there is as *term* says."""
    if term.operator == "exists":
        return lambda _: True
    if term.operator == "like":
        return lambda value: is_like(term.value, value)
    if term.field == "resource":
        path = term.value.rstrip("/")
        return lambda value: value == path or value.startswith(f"{path}/")

    return lambda value: value == term.value


def _in_details(path: str, term: Term) -> Judge:
    fits = fitting(term)

    return lambda subject: any(map(fits, subject.details.at(path)))
