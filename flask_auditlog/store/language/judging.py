"""Whether a query finds one record: as the databases would answer it, without one. Pure.

For who is asked of each event as it comes, as webhooks are. A term takes no longer than it
takes to read the record.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from decimal import Decimal
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
from .values import is_number
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
_COMPARED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
# An object, and what stands in it as it is written.
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Subject:
    """A record that is judged. What is read of it is read once, however much is asked."""

    def __init__(self, event: Event, body: str) -> None:
        self.event = event
        self.actor = event.auth_details or _NOBODY
        self._body = body
        self._objects: dict[str, dict[str, msgspec.Raw]] = {}

    @cached_property
    def lowered(self) -> bytes:
        """The body, its ASCII letters in lower case."""
        return self._body.encode().lower()

    def at(self, path: str) -> bytes | None:
        """Return the JSON at a path of the details, as it is written; ``None`` without any."""
        if self.event.details is None:
            return None
        place, json = "", self._details
        for name in path.split("."):
            found = self._inside(place, json).get(name)
            if found is None:
                return None
            place, json = f"{place}.{name}", found

        return bytes(json)

    def _inside(self, place: str, json: msgspec.Raw) -> dict[str, msgspec.Raw]:
        """What stands in the object at *place*, each as it is written; nothing in all else."""
        if place not in self._objects:
            written = bytes(json)
            self._objects[place] = _members(written) if written.startswith(b"{") else {}

        return self._objects[place]

    @cached_property
    def _details(self) -> msgspec.Raw:
        return _members(self._body.encode())["details"]


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
    fits = _fitting_json(term)

    def judge(subject: Subject) -> bool:
        found = subject.at(path)
        return found is not None and fits(found)

    return judge


def _fitting_json(term: Term) -> Callable[[bytes], bool]:
    """What tells whether a JSON value is as *term* says. Null is one that only ``null`` finds."""
    match term.operator:
        case "exists":
            return lambda json: json != b"null"
        case "like":
            return lambda json: json != b"null" and is_like(term.value, _text(json))
        case "quoted":
            return lambda json: _is_text(json) and _text(json) == term.value
        case "is":
            return _being(term.value)
    return _comparing(term)


def _being(value: str) -> Callable[[bytes], bool]:
    if value == "null":
        return lambda json: json in (b"null", b'"null"')
    if not is_number(value):
        return lambda json: json != b"null" and _text(json) == value
    number = Decimal(value)

    return lambda json: _number(json) == number or _text(json) == value


def _comparing(term: Term) -> Callable[[bytes], bool]:
    low = Decimal(term.value)
    if term.operator == "to":
        high = Decimal(term.until)
        return lambda json: (found := _number(json)) is not None and low <= found <= high
    compare = _COMPARED[term.operator]

    return lambda json: (found := _number(json)) is not None and compare(found, low)


def _is_text(json: bytes) -> bool:
    return json.startswith(b'"')


def _text(json: bytes) -> str:
    """A text without its quotes; all else as it is written."""
    return msgspec.json.decode(json, type=str) if _is_text(json) else json.decode()


def _number(json: bytes) -> Decimal | None:
    return Decimal(json.decode()) if json[:1] in b"-0123456789" else None
