"""A column's value -> plain JSON that keeps what it was. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from ...recorder.plain import clean

# What stands for a value that was not loaded, and would have cost a query.
UNKNOWN = "[unknown]"

_Shown = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """Return *value* as JSON: whole numbers, texts and truth values as they are, decimals,
    UUIDs, dates, times and intervals (ISO 8601) as text, an enum's member by its value
    if that is a text, else by its name, and bytes as their size and SHA-256.

    What has no form in JSON is written as its own words; what has no words, by its type.
    Never raises.
    """
    known = _KNOWN.get(type(value))
    if known is not None:
        return known(value)
    try:
        return _other(value)
    except Exception:  # noqa: BLE001 (code of the host, that may raise anything)
        return f"<{type(value).__name__}>"


def _other(value: Any) -> Any:
    if isinstance(value, Enum):
        return clean(value.value if isinstance(value.value, str) else value.name)
    if isinstance(value, (bytearray, memoryview)):
        return _digest(bytes(value))
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=_sorting)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]

    return clean(_nearer(value))


def _nearer(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in dict(value).items()}
    # It says itself how it is written: PostgreSQL's ranges do.
    has_words = dataclasses.is_dataclass(value) and "__str__" in vars(type(value))

    return str(value) if has_words else value


def _sorting(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _digest(value: bytes) -> dict[str, Any]:
    return {"bytes": len(value), "sha256": sha256(value).hexdigest()}


def _itself(value: Any) -> Any:
    return value


def _interval(value: timedelta) -> Any:
    return msgspec.to_builtins(value)


_KNOWN: Mapping[type[Any], _Shown] = {
    type(None): _itself,
    bool: _itself,
    str: clean,
    int: clean,
    float: clean,
    Decimal: str,
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _interval,
    bytes: _digest,
}
