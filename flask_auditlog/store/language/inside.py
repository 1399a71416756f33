"""What stands at a path of the details, and whether a term finds it. Pure.

A path steps over lists: what is in one stands where the list stands, and so does the list itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from ...wildcards import is_like
from .expression import Term
from .values import is_number
from .values import names_of

# So many lists in one another are stepped over at once.
NESTED = 3
_COMPARED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
# An object or a list, and what stands in it as it is written.
_Members = dict[str, msgspec.Raw]
_members = msgspec.json.Decoder(_Members).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Details:
    """The details of a body. What is read of it is read once, however much is asked."""

    def __init__(self, body: str) -> None:
        self._body = body.encode()
        self._objects: dict[str, _Members] = {}
        self._lists: dict[str, _List] = {}

    def at(self, path: str) -> Sequence[bytes]:
        """Return the JSON at *path*, as it is written: of a list, whatever is in it too."""
        names = ("details", *names_of(path))
        place, json = "", self._body
        for number, name in enumerate(names):
            found = self._inside(place, json).get(name)
            if found is None:
                return self._in_list(place, json, names[number:])
            place, json = f"{place}.{name}", bytes(found)

        return self._in_list(place, json, ()) or (json,)

    def _inside(self, place: str, json: bytes) -> _Members:
        """What stands in the object at *place*, each as it is written; nothing in all else."""
        if place not in self._objects:
            self._objects[place] = _members(json) if json.startswith(b"{") else {}

        return self._objects[place]

    def _in_list(self, place: str, json: bytes, names: Sequence[str]) -> Sequence[bytes]:
        """What is found in the list at *place*; nothing in all else."""
        if not json.startswith(b"["):
            return ()
        if place not in self._lists:
            self._lists[place] = _List(json)

        return self._lists[place].at(names)


class _List:
    """A list, and what stands at paths of whatever is in it."""

    def __init__(self, json: bytes) -> None:
        self._found = {"": _spread([json])}
        self._objects: dict[str, list[_Members]] = {}

    def at(self, names: Sequence[str]) -> list[bytes]:
        place = ""
        for name in names:
            outer, place = place, f"{place}.{name}"
            if place not in self._found:
                inside = [each[name] for each in self._inside(outer) if name in each]
                self._found[place] = _spread(map(bytes, inside))

        return self._found[place]

    def _inside(self, place: str) -> list[_Members]:
        """What stands in the objects at *place*."""
        if place not in self._objects:
            found = self._found[place]
            self._objects[place] = [_members(json) for json in found if json.startswith(b"{")]

        return self._objects[place]


def _spread(values: Iterable[bytes], nested: int = NESTED) -> list[bytes]:
    """Return *values* and, of lists, what is in them, and in the lists in those."""
    spread = []
    for json in values:
        spread.append(json)
        if nested and json.startswith(b"["):
            spread += _spread(map(bytes, _elements(json)), nested - 1)

    return spread


def fitting(term: Term) -> Callable[[bytes], bool]:
    """Return what tells whether a JSON value is as *term* says.

    Null is one that only ``null`` finds.
    """
    match term.operator:
        case "exists":
            return lambda json: json != b"null"
        case "like":
            return lambda json: json != b"null" and is_like(term.value, _text(json))
        case "quoted":
            written = msgspec.json.encode(term.value)
            return lambda json: json == written
        case "is":
            return _being(term.value)
    return _comparing(term)


def _being(value: str) -> Callable[[bytes], bool]:
    # There is one way to write a text in a body. What has quotes of its own is nothing else.
    plain = () if value.startswith('"') else (value.encode(),)
    written = (msgspec.json.encode(value), *plain)
    if not is_number(value):
        return lambda json: json in written
    number = Decimal(value)

    return lambda json: json in written or _number(json) == number


def _comparing(term: Term) -> Callable[[bytes], bool]:
    low = Decimal(term.value)
    if term.operator == "to":
        high = Decimal(term.until)
        return lambda json: (found := _number(json)) is not None and low <= found <= high
    compare = _COMPARED[term.operator]

    return lambda json: (found := _number(json)) is not None and compare(found, low)


def _text(json: bytes) -> str:
    """A text without its quotes; all else as it is written."""
    return msgspec.json.decode(json, type=str) if json.startswith(b'"') else json.decode()


def _number(json: bytes) -> Decimal | None:
    return Decimal(json.decode()) if json[:1] in b"-0123456789" else None
