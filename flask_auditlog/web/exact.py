"""One event's bytes, read slowly and exactly: everything that is wrong with them.

Here come the events that the fast decoder refused or could not vouch for. JSON allows
more than a log can keep: what two databases and every reader must agree on is decided
here (no duplicate keys, no NUL, integers of 64 bits, 32 levels of details).
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Collection
from collections.abc import Iterator
from typing import Any

from ..errors import Fault
from ..errors import InvalidEvent
from ..event import Draft
from ..recorder.plain import clip
from ..recorder.plain import DEPTH

# Levels of objects and arrays: the event itself, and as many in its details as from Python.
DEEPEST = 1 + DEPTH
TOO_DEEP = f"The JSON is nested too deep: details may be {DEPTH} levels deep."

# Both ends fit a msgpack integer; beyond them SQLite, PostgreSQL and JavaScript disagree.
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1

_BOM = b"\xef\xbb\xbf"


class _WrongError(ValueError):
    """Stops the parser at what no schema can see afterwards."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.fault = Fault(field, message)


def read(raw: bytes) -> tuple[Draft | None, list[Fault]]:
    """Return the event in *raw*, or everything that is wrong with it."""
    try:
        value = _parse(raw)
    except _WrongError as wrong:
        return None, [wrong.fault]

    # marshmallow costs a seventh of importing this package, and is for what is wrong alone.
    draft, faults = importlib.import_module(f"{__package__}.schema").load(value)
    faults += unfit(value)

    return (None if faults else draft), faults


def value_of(raw: bytes) -> Any:
    """Return what is in *raw*, of a body that is no event.

    :raises InvalidEvent: when it is not JSON, or holds what no log can keep.
    """
    try:
        value = _parse(raw)
    except _WrongError as wrong:
        raise InvalidEvent(faults=[wrong.fault]) from wrong
    if faults := unfit(value):
        raise InvalidEvent(faults=faults)

    return value


def _parse(raw: bytes) -> Any:
    if raw.startswith(_BOM):
        raise _WrongError("The JSON begins with a byte order mark. Send UTF-8 without one.")
    try:
        return _loads(raw.decode())
    except _WrongError:
        raise
    except UnicodeDecodeError as error:
        raise _WrongError(f"The JSON is not UTF-8, at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise _WrongError(
            f"This is not JSON, at character {error.pos}: {_reason(error)}."
        ) from error
    except RecursionError as error:
        raise _WrongError(TOO_DEEP) from error


def _reason(error: json.JSONDecodeError) -> str:
    # Some Python versions add ", got 'x'" or the like: an answer never repeats a value.
    return error.msg.split(":")[0].split(", got")[0][:60].lower()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value

    keys = [key for key, _ in pairs]
    name = clip(next(key for key in value if keys.count(key) > 1))
    raise _WrongError(f"The key `{name}` stands twice in one object.", name)


def _whole(digits: str) -> int:
    # Before int(): 5,000 digits are an error of Python's own, and slow to read.
    if len(digits) > len(str(_SMALLEST)) or not _SMALLEST <= int(digits) <= _LARGEST:
        raise _WrongError("A whole number is beyond 64 bits. Send it as text.")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _WrongError("A number is too large. Send it as text.")
    return number


def _constant(_: str) -> Any:
    raise _WrongError("NaN and Infinity are not JSON. Send null or text.")


_loads = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_real, parse_constant=_constant
).decode


def unfit(value: Any) -> list[Fault]:
    """Return what no log can keep: too many levels, NUL, halves of characters."""
    said = [TOO_DEEP] if too_deep(value) else []
    texts = list(_texts(value))
    if any("\0" in text for text in texts):
        said.append("Text holds the character NUL (\\u0000), which cannot be stored.")
    if any(_is_broken(text) for text in texts):
        said.append("Text holds half of a surrogate pair (such as \\ud800), which is no character.")

    return [Fault(None, message) for message in said]


def too_deep(value: Any) -> bool:
    """Whether *value* has more levels of objects and arrays than :data:`DEEPEST`."""
    level = [value]
    for _ in range(DEEPEST):
        children = (child for each in level for child in _children(each))
        level = [child for child in children if isinstance(child, (dict, list))]
        if not level:
            return False

    return True


def _children(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _texts(value: Any) -> Iterator[str]:
    """Every text in *value*, keys too. Not recursive: the depth is a stranger's choice."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
            continue
        if isinstance(each, dict):
            yield from each
        left.extend(_children(each))


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
