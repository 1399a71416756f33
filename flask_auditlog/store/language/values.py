"""How the value of each kind of field is read, in the language and as a parameter. Pure.

What is no value raises :class:`ValueError`, with words that go behind the name of the field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from ipaddress import ip_network
from ipaddress import IPv4Network
from ipaddress import IPv6Network

import msgspec

from ...event import OPERATIONS
from ...event import SOURCES
from .expression import DETAILS

LONGEST_TEXT = 256
MOST_STARS = 8

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
_NAME = r'(?:"[^"\\]*\.[^"\\]*"|[^."\\]+)'
_PATH = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_NAMES = re.compile(r'"([^"]+)"|([^."]+)')
_NEEDLESS = re.compile(r'"([^".]*)"')


def pattern(value: str) -> str:
    """Return text in which ``*`` may stand for any text."""
    if value.count("*") > MOST_STARS:
        raise ValueError(f"may hold at most {MOST_STARS} stars")
    return value


def free_text(value: str) -> str:
    """Return text to be found anywhere."""
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"may be at most {LONGEST_TEXT} characters long")
    return value


def boolean(value: str) -> bool:
    """Return what ``true`` or ``false`` says."""
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def operation(value: str) -> str:
    """Return one of the four operations."""
    if value not in OPERATIONS:
        raise ValueError(f"must be one of {', '.join(OPERATIONS)}")
    return value


def source(value: str) -> str:
    """Return one of the four ways into the log."""
    if value not in SOURCES:
        raise ValueError(f"must be one of {', '.join(SOURCES)}")
    return value


def network(value: str) -> IPv4Network | IPv6Network:
    """Return the network, also of one address."""
    try:
        return ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an IP address, or a network such as 10.0.0.0/8") from None


def is_number(value: str) -> bool:
    """Whether it is written as JSON writes a number, and no larger than one is stored."""
    return _NUMBER.fullmatch(value) is not None and math.isfinite(float(value))


def is_path(path: str) -> bool:
    """Whether it is names joined by dots, as ``plan.name``; one that holds a dot, in quotes."""
    return _PATH.fullmatch(path) is not None and path.isprintable()


def names_of(path: str) -> list[str]:
    """Return the names that *path* joins."""
    return path.split(".") if '"' not in path else [a or b for a, b in _NAMES.findall(path)]


def joined(names: Iterable[str]) -> str:
    """Return the path that joins *names*."""
    return ".".join(f'"{name}"' if "." in name else name for name in names)


def path_of(name: str) -> str | None:
    """Return the path that ``details.<path>`` names, without quotes that it does not need.

    ``None`` when *name* is nothing of the kind.
    """
    path = _NEEDLESS.sub(r"\1", name.removeprefix(DETAILS))

    return path if name.startswith(DETAILS) and is_path(path) else None


def json_string(text: str) -> str:
    """Return *text* as it stands inside a JSON string of a stored body."""
    return msgspec.json.encode(text)[1:-1].decode()
