"""Who tried to log in, as they wrote it; masked when it looks like a password. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..redact.tokens import MASK

# In characters: the longest address, and the longest other name that is shown.
LONGEST_ADDRESS = 254
LONGEST_NAME = 64

_ADDRESS = re.compile(r"[^\s@\"<>]{1,64}@(?:[\w-]+\.)+[^\W\d_]{2,}")
_TELEPHONE = re.compile(r"\+?[\d() ./-]{3,24}")
_NAME = re.compile(r"@?(?:[\w-]+\\)?[\w.'+ -]+")
_RUN = re.compile(r"[^\W\d_]+|\d+")


def tried(given: Mapping[str, Any], fields: Sequence[str]) -> str | None:
    """Return what stands in the first of *fields* that is filled, fit to be kept."""
    for name in fields:
        value = given.get(name)
        if isinstance(value, str) and value.strip():
            return shown(value.strip())

    return None


def shown(name: str) -> str:
    """Return *name*, or the mask where somebody may have typed a password into its field."""
    return MASK if looks_secret(name) else name


def looks_secret(name: str) -> bool:
    """Whether *name* is no address, telephone number or name as people have them.

    A password that could be a name (``summer``, ``bob42``) cannot be told from one.
    """
    if _ADDRESS.fullmatch(name):
        return len(name) > LONGEST_ADDRESS
    if _TELEPHONE.fullmatch(name):
        return False
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return True

    return _is_mixed(name.rpartition("\\")[2])


def _is_mixed(name: str) -> bool:
    """Whether letters and digits stand among each other, all kinds together, or it is a phrase."""
    # Letters that digits follow, once, are a name and a year; more turns are none.
    turns = sum(one.isdigit() != two.isdigit() for one, two in pairwise(_RUN.findall(name)))
    kinds = (
        any(c.islower() for c in name),
        any(c.isupper() for c in name),
        any(c.isdigit() for c in name),
        any(not c.isalnum() and c not in " ._-'@" for c in name),
    )

    return turns > 2 or sum(kinds) > 2 or name.count(" ") > 2
