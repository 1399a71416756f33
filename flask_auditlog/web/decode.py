"""The body of a POST, made into drafts one after the other, or every fault in them.

The fast way reads an event's bytes straight into a struct. It vouches for an event only
if nothing in the bytes could mean two things; all others are read again, slowly, by
``exact``, which also finds the words for what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from io import BytesIO

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import TooLarge
from ..event import Draft
from ..settings import Limits
from . import exact

# A batch with more faults than this is answered with the first of them.
MOST_FAULTS = 100

# An array with more commas than this many for each event allowed is looked at before it
# is taken apart: `[1,1,1,…]` of 32 MB would become more than 1 GB of elements.
_COMMAS_PER_EVENT = 50

_decode_draft = msgspec.json.Decoder(Draft).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode
_scan = json.JSONDecoder().raw_decode

# NUL, which cannot be stored, and the colon, which would upset the counting of keys.
_TELLING_ESCAPE = re.compile(rb"\\u00(?:00|3[aA])")
_GAP = re.compile(rb"[ \t\n\r]*,?[ \t\n\r]*")
_SPACE = b" \t\n\r"

# What msgspec raises for bytes that are not an event, and for what it cannot count.
_REFUSED = (msgspec.MsgspecError, UnicodeDecodeError, OverflowError, RecursionError)


class Framing(Enum):
    """How events stand in a body."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"


def drafts(body: bytes, framing: Framing, limits: Limits) -> tuple[Iterator[Draft], bool]:
    """Return the events in *body*, and whether they came as a batch.

    A batch is read twice: first all of it, for what is wrong; then one event at a time, as they
    are asked for. As objects, all of them would be more than twice the size of the body.

    :raises InvalidEvent: with every fault, each with the index of its event.
    :raises TooLarge: when there are too many events, or some are too large.
    """
    start = body[:1] if body[:1] not in _SPACE else body.lstrip(_SPACE)[:1]
    if not start:
        raise InvalidEvent("The body is empty. Send an event, or a list of events.")
    if framing is Framing.NDJSON:
        return _batch(lambda: _lines(body, limits), limits), True
    if start == b"[":
        elements = _elements(body, limits)
        return _batch(lambda: map(bytes, elements), limits), True

    findings = _Findings(limits)
    draft = findings.examine(body, None)
    findings.refuse()
    return iter([draft] if draft is not None else []), False


def _batch(events: Callable[[], Iterable[bytes]], limits: Limits) -> Iterator[Draft]:
    if not sum(1 for _ in _examined(events(), limits)):
        raise InvalidEvent("The batch is empty. Send at least one event.")
    return _examined(events(), limits)


def _examined(events: Iterable[bytes], limits: Limits) -> Iterator[Draft]:
    """Yield the events one by one; what is wrong with any of them is raised at the end."""
    findings = _Findings(limits)
    for index, raw in enumerate(events):
        if index == limits.batch_events:
            raise _too_many(limits)
        draft = findings.examine(raw, index)
        if draft is not None:
            yield draft
        elif findings.full:
            break
    findings.refuse()


class _Findings:
    """What is wrong with the events of one body."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._wrong: list[Fault] = []
        self._large: list[Fault] = []

    @property
    def full(self) -> bool:
        return len(self._wrong) + len(self._large) >= MOST_FAULTS

    def examine(self, raw: bytes, index: int | None) -> Draft | None:
        """Return the event in *raw*, or ``None`` with its faults noted."""
        if len(raw) > self._limits.event_bytes:
            self._large.append(Fault(None, _too_wide(self._limits), index))
            return None
        draft = vouched(raw)
        if draft is not None:
            return draft
        draft, faults = exact.read(raw)
        self._wrong += [replace(fault, index=index) for fault in faults]
        return draft

    def refuse(self) -> None:
        """Raise what was found. :raises TooLarge: before anything else."""
        if self._large:
            raise TooLarge(faults=self._large[:MOST_FAULTS])
        if self._wrong:
            raise InvalidEvent(faults=self._wrong[:MOST_FAULTS])


def vouched(raw: bytes) -> Draft | None:
    """Return the event in *raw* if it is plainly right, in about 3 µs.

    A key that stands twice shows in the number of colons: the struct keeps only the last,
    so its own JSON has fewer of them. Nothing can make up for that but an escaped colon.
    """
    try:
        draft = _decode_draft(raw)
        again = _encode_json(draft)
        _encode_msgpack(draft)  # refuses integers beyond 64 bits
    except _REFUSED:
        return None
    if raw.count(b":") != again.count(b":"):
        return None
    if b"\\" in raw and b"\\u00" in raw and _TELLING_ESCAPE.search(raw):
        return None
    if raw.count(b"{") + raw.count(b"[") > exact.DEEPEST and exact.too_deep([draft.details]):
        return None

    return draft


def _lines(body: bytes, limits: Limits) -> Iterator[bytes]:
    """The lines of *body*, one at a time and without the empty ones."""
    # Empty lines are no events, but 32 MB of them would keep this process busy.
    if body.count(b"\n") > 2 * limits.batch_events:
        raise _too_many(limits)
    for line in BytesIO(body):
        event = line.strip(_SPACE)
        if event:
            yield event


def _elements(body: bytes, limits: Limits) -> list[msgspec.Raw]:
    """The elements of the array in *body*; they are pieces of it, and no copies."""
    if body.count(b",") > _COMMAS_PER_EVENT * limits.batch_events:
        for _ in _split(body, limits):
            pass
    try:
        return _decode_array(body)
    except RecursionError as error:
        raise InvalidEvent(exact.TOO_DEEP) from error
    except msgspec.DecodeError as error:
        # Mostly one event is to blame: this raises, and says which.
        for _ in _examined(_split(body, limits), limits):
            pass
        raise InvalidEvent(_malformed(str(error))) from error


def _split(body: bytes, limits: Limits) -> Iterator[bytes]:
    """The elements of an array that cannot be trusted to be one, one after the other.

    Slowly, and without ever looking at more than an event may have. Latin-1 keeps one
    character for each byte, and all that structures JSON is ASCII.
    """
    place = _skip_gap(body, body.index(b"[") + 1)
    for index in range(limits.batch_events + 1):
        if body[place : place + 1] in (b"]", b""):
            return
        if index == limits.batch_events:
            raise _too_many(limits)
        window = body[place : place + limits.event_bytes + 1].decode("latin-1")
        try:
            end = place + _scan(window)[1]
        except RecursionError as error:
            raise InvalidEvent(faults=[Fault(None, exact.TOO_DEEP, index)]) from error
        except ValueError as error:
            if len(window) > limits.event_bytes:
                raise TooLarge(faults=[Fault(None, _too_wide(limits), index)]) from error
            message = f"This is not JSON, in the event that begins at byte {place}."
            raise InvalidEvent(faults=[Fault(None, message, index)]) from error
        yield body[place:end]
        place = _skip_gap(body, end)


def _skip_gap(body: bytes, place: int) -> int:
    gap = _GAP.match(body, place)
    return gap.end() if gap else place


def _malformed(said: str) -> str:
    # msgspec's sentence about malformed JSON holds a reason and a place, never a value.
    if said.startswith("JSON is malformed: "):
        return f"The body is not JSON: {said.removeprefix('JSON is malformed: ')}."
    return "The body is not JSON: it ends too early."


def _too_many(limits: Limits) -> TooLarge:
    return TooLarge(f"The batch has more than {limits.batch_events:,} events. Send several.")


def _too_wide(limits: Limits) -> str:
    return f"The event is larger than {limits.event_bytes:,} bytes."
