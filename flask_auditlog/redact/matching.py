"""What stands for a value that may be matched, and not be known: a keyed hash of it."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

_MATCHED = re.compile(r"\[hmac:[0-9a-f]{32}\]")


def matched(text: str, key: bytes) -> str:
    """Return what stands for *text*: ``[hmac:…]``, equal for equal texts under the same key."""
    return f"[hmac:{blake2b(text.encode(), key=key, digest_size=16).hexdigest()}]"


def is_matched(value: Any) -> bool:
    """Whether *value* is such a hash: there is nothing in it to mask."""
    return isinstance(value, str) and _MATCHED.fullmatch(value) is not None
