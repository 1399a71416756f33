"""Whatever Python's callers give -> plain JSON values. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from operator import is_not
from typing import Any

import msgspec

# How deep details may be nested.
DEPTH = 32

# What every reader of JSON can be trusted with: 64 bits, signed or not.
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1

_SURROGATES = re.compile("[\ud800-\udfff]")
_BYTES = (bytes, bytearray, memoryview)


def clean(value: Any, depth: int = DEPTH) -> Any:
    """Return *value* as plain JSON: what Python knows and JSON does not is written as text.

    So are numbers beyond 64 bits, and NaN; bytes are text if they are UTF-8, else base64.
    NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold, become U+FFFD. The
    same object is returned where nothing has to change.

    :raises ValueError: when it is deeper than *depth*.
    :raises TypeError: when a dataclass or the like holds what has no words.
    """
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is int or kind is float:
        return _number(value)
    if value is None or kind is bool:
        return value
    if kind is dict or kind is list:
        if depth == 0:
            raise ValueError
        return _clean_dict(value, depth) if kind is dict else _clean_list(value, depth)

    return clean(_known(value, kind), depth)


def _clean_list(value: list[Any], depth: int) -> list[Any]:
    cleaned = [clean(item, depth - 1) for item in value]

    return cleaned if any(map(is_not, cleaned, value)) else value


def _clean_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str or ((not key.isascii() or "\0" in key) and _text(key) is not key):
            return _clean_dict(_named(value), depth)
        cleaned = clean(item, depth - 1)
        if cleaned is not item:
            changed[key] = cleaned

    return {**value, **changed} if changed else value


def _named(value: dict[Any, Any]) -> dict[str, Any]:
    """Write the keys as text; those that become equal are numbered, so no value is lost."""
    named: dict[str, Any] = {}
    for key, item in value.items():
        name = text = _text(key if type(key) is str else _words(key))
        number = 2
        while name in named:
            name, number = f"{number} {text}", number + 1
        named[name] = item

    return named


def _number(value: float) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else str(value)

    return value if _SMALLEST <= value <= _LARGEST else str(value)


def _known(value: Any, kind: type[Any]) -> Any:
    """Return *value* nearer to JSON, by what its own type says it is, not what it stands for."""
    if issubclass(kind, _BYTES):
        return _decoded(bytes(value))
    if issubclass(kind, (list, tuple, set, frozenset)):
        return list(value)
    if issubclass(kind, dict):
        # What is in it, not what its own methods make of that: a MultiDict holds lists.
        return dict(dict.items(value))
    if issubclass(kind, Mapping):
        return dict(value)

    return _plainer(value)


def _plainer(value: Any) -> Any:
    try:
        return msgspec.to_builtins(value, str_keys=True, builtin_types=_BYTES, enc_hook=_words)
    except RecursionError:
        raise
    except RuntimeError:
        # An object that answers to every name looks like a dataclass to an older msgspec.
        return _words(value)


def _decoded(value: bytes) -> str:
    # As text, where the masker can see what is in it.
    try:
        return value.decode()
    except UnicodeDecodeError:
        text: str = msgspec.to_builtins(value)
        return text


def _words(value: Any) -> str:
    """What an object says of itself. One that cannot, such as a detached row, is no reason
    to lose the event.
    """
    try:
        return str.__str__(str(value))
    except Exception:  # noqa: BLE001 (code of the host, that may raise anything)
        return f"<{type(value).__name__}>"


def _text(text: str) -> str:
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


# A name longer than this is cut where an answer names it, in characters.
LONGEST_NAME = 80


def clip(name: str) -> str:
    """Return a name that somebody else chose, fit to be said in an answer."""
    shown = "".join(char if char.isprintable() else "?" for char in name[:LONGEST_NAME])
    return shown if len(name) <= LONGEST_NAME else f"{shown}…"
