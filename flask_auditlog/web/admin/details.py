"""The details of an event as rows of a table: paths as the filter ``details.<path>`` takes them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from ...store.language.values import joined
from .changes import is_shown
from .display import is_long
from .display import value_text

MOST_ROWS = 200
# What a name in the path of a link does not hold.
_NO_NAME = set('"\\{},*')
_LONGEST_LINK = 200
# What an event that stands for several says of them: how many, and between which times (epoch ms).
_REPEATED, _TIMES = "repeated", ("firstTime", "lastTime")


@dataclass(frozen=True, slots=True)
class Detail:
    """A path and its value. ``wanted`` is the filter value that finds it, if there is one.

    ``time`` is the value, where it is a time (epoch ms).
    """

    path: str
    text: str
    wanted: str | None
    time: int | None = None

    @property
    def is_long(self) -> bool:
        """Whether it needs a box of its own to scroll in."""
        return is_long(self.text)


def details_of(details: Mapping[str, Any] | None) -> list[Detail]:
    """Every value of *details* at its path, without what is shown as changes.

    That something was not repeated is no news, and is left out.
    """
    # The labels stand beside what they are of.
    elsewhere = {"changes", "labels"} if "changes" in (details or {}) else set()
    rest = {key: value for key, value in (details or {}).items() if key not in elsewhere}
    changes = (details or {}).get("changes")
    if isinstance(changes, Mapping):
        changes = {key: value for key, value in changes.items() if not is_shown(value)}
    if changes:
        rest["changes"] = changes

    if not _is_counted(rest):
        return list(_rows(rest, "", exact=True))
    if rest[_REPEATED] == 1:
        del rest[_REPEATED]
    found = _rows(rest, "", exact=True)

    return [replace(each, time=rest[each.path]) if each.path in _TIMES else each for each in found]


def _is_counted(details: Mapping[str, Any]) -> bool:
    """Whether these are of an event that stands for several, and no names of somebody else's."""
    numbers = [details.get(name) for name in (_REPEATED, *_TIMES)]

    return all(type(each) is int and each > 0 for each in numbers)


def _rows(value: Mapping[str, Any], prefix: str, *, exact: bool) -> Iterator[Detail]:
    for key, inner in value.items():
        path, is_exact = f"{prefix}{joined([key])}", exact and bool(key) and not set(key) & _NO_NAME
        if isinstance(inner, Mapping) and inner:
            yield from _rows(inner, f"{path}.", exact=is_exact)
        else:
            yield _row(path, inner, exact=is_exact)


def _row(path: str, value: Any, *, exact: bool) -> Detail:
    text = value_text(value)
    findable = exact and path.isprintable() and isinstance(value, str | int | bool) and bool(text)
    findable = findable and text.isprintable()
    wanted = text if findable and len(text) <= _LONGEST_LINK else None

    return Detail(path, text, wanted)
