"""What an attacker may have written, made visible and short. Pure."""

from __future__ import annotations

import json
import math
import re
from typing import Any

CELL = 200
LONGEST = 12_000

# What a reader cannot see, or what moves what they see: control characters, marks and
# overrides of direction, line separators, zero-width and tag characters. The joiners
# stay between two letters beyond ASCII, where Persian, Hindi and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def visible(text: str, *, lines: bool = False) -> str:
    r"""*text* with every character that cannot be seen as an escape such as ``\u202e``.

    Line breaks stay where *lines* says so; elsewhere they are ``\n``.
    """
    shown = _UNSEEN.sub(lambda found: _escape(found.group()), text)
    return shown if lines else shown.replace("\n", "\\n")


def _escape(character: str) -> str:
    code = ord(character)
    if character in "\t\r":
        return {"\t": "\\t", "\r": "\\r"}[character]
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut(text: str, length: int = CELL) -> str:
    """At most *length* characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shown(value: Any, length: int = CELL) -> str:
    """*value* on one line, visible and cut."""
    return visible(cut(value_text(value), length))


def text(value: Any) -> str:
    """*value* with its line breaks, visible, and cut only where nobody would read on."""
    return visible(cut(value_text(value), LONGEST), lines=True)


def value_text(value: Any) -> str:
    """A JSON value as a reader expects it: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_long(text: str) -> bool:
    """Whether *text* would push everything else off the screen."""
    return len(text) > 1500 or text.count("\n") > 20


def size(count: int) -> str:
    """``4.8 kB``, ``1,204.5 MB``: so many bytes."""
    return f"{count / 1000:,.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def percent(share: float) -> str:
    """A share of 1 as ``99.9%``. Rounded down, so that 100% is all of them."""
    return f"{math.floor(share * 1000) / 10:g}%"
