"""What changed, field by field, with the part that differs marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any
from typing import Literal

from ...redact import MASK
from .display import is_long
from .display import value_text

# Beyond this many words a comparison of words costs more than it tells.
_MOST_WORDS = 400
# Below this share of equal text, single equal words are confetti.
_ALIKE = 0.35
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)

Kind = Literal["value", "unset", "empty", "masked", "masked_new"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some text of a value, and whether it differs from the other side."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A value before or after: its kind, and its text in parts where it has one."""

    kind: Kind
    parts: tuple[Part, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether it needs a box of its own to scroll in."""
        return is_long("".join(part.text for part in self.parts))


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after."""

    field: str
    before: Side
    after: Side


def changes_of(details: Mapping[str, Any] | None) -> list[Change]:
    """The changes in ``details.changes``: ``{"field": [old, new]}``. Others are left out."""
    changes = (details or {}).get("changes")
    if not isinstance(changes, Mapping):
        return []

    return [
        _change(str(field), pair[0], pair[1]) for field, pair in changes.items() if is_pair(pair)
    ]


def is_pair(value: Any) -> bool:
    """Whether *value* is ``[old, new]``."""
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2


def _change(field: str, old: Any, new: Any) -> Change:
    before, after = _side(old), _side(new)
    if before.kind == after.kind == "masked":
        after = Side("masked_new")
    elif before.kind == after.kind == "value":
        was, now = marked(value_text(old), value_text(new))
        before, after = Side("value", was), Side("value", now)

    return Change(field, before, after)


def _side(value: Any) -> Side:
    if value is None:
        return Side("unset")
    if value == MASK:
        return Side("masked")
    if value == "":
        return Side("empty")

    return Side("value", (Part(value_text(value), differs=True),))


def marked(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts in parts; words that stand in one of them only are marked."""
    was, now = _WORDS.findall(old), _WORDS.findall(new)
    head = _common(was, now)
    tail = _common(reversed(was[head:]), reversed(now[head:]))
    ends = len(was) - tail, len(now) - tail
    matcher = SequenceMatcher(None, was[head : ends[0]], now[head : ends[1]], autojunk=False)
    blocks = _middle(matcher, max(ends) - head)

    return (
        _joined(was, head, ends[0], [(a, size) for a, _, size in blocks]),
        _joined(now, head, ends[1], [(b, size) for _, b, size in blocks]),
    )


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))  # noqa: B905 (the shorter ends it)


def _middle(matcher: SequenceMatcher[str], words: int) -> list[tuple[int, int, int]]:
    if words > _MOST_WORDS or matcher.ratio() < _ALIKE:
        return []
    return [(a, b, size) for a, b, size in matcher.get_matching_blocks() if size]


def _joined(
    words: list[str], head: int, end: int, equal: list[tuple[int, int]]
) -> tuple[Part, ...]:
    same = [True] * len(words)
    same[head:end] = [False] * (end - head)
    for start, size in equal:
        same[head + start : head + start + size] = [True] * size
    parts: list[Part] = []
    for word, is_same in zip(words, same, strict=True):
        if parts and parts[-1].differs != is_same:
            parts[-1] = Part(parts[-1].text + word, not is_same)
        else:
            parts.append(Part(word, not is_same))

    return tuple(parts)
