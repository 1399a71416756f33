"""Whatever Python's callers give -> plain JSON values. Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec

# How deep details may be nested.
DEPTH = 32

_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(value: Any, depth: int = DEPTH) -> Any:
    """Return *value* as plain JSON: what Python knows and JSON does not is written as text.

    NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold, become U+FFFD. The
    same object is returned where nothing has to change.

    :raises ValueError: when it is deeper than *depth*, or a key is not text.
    """
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind in (int, float, bool) or value is None:
        return value
    if depth == 0:
        raise ValueError
    if kind is dict:
        return _clean_dict(value, depth)
    if kind is list:
        cleaned = [clean(item, depth - 1) for item in value]
        return cleaned if any(a is not b for a, b in zip(cleaned, value, strict=True)) else value

    return clean(msgspec.to_builtins(value, str_keys=True, enc_hook=str), depth - 1)


def _clean_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    changed = None
    for key, item in value.items():
        name = key if type(key) is str and key.isascii() and "\0" not in key else _text(str(key))
        cleaned = clean(item, depth - 1)
        if cleaned is not item or name is not key:
            changed = changed if changed is not None else dict(value)
            if name is not key:
                del changed[key]
            changed[name] = cleaned

    return value if changed is None else changed


def _text(text: str) -> str:
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")
