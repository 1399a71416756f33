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

from ...capture.models.changes import TOO_LARGE
from ...capture.models.values import UNKNOWN
from ...redact import MASK
from ..words import ngettext
from .display import is_long
from .display import value_text

# Beyond this many words a comparison of words costs more than it tells.
_MOST_WORDS = 400
# So many are compared in all fields of one event, each of them having its share: a comparison
# takes time as the cube of its words, and whoever wrote the event chose how many fields there are.
_ALL_WORDS = 1000
# Below this share of equal text, single equal words are confetti.
_ALIKE = 0.35
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)

Kind = Literal["value", "unset", "empty", "masked", "masked_new", "unknown", "too_large", "nothing"]

# What stands for a value, and what is said in its place.
_KINDS: Mapping[str, Kind] = {
    MASK: "masked",
    UNKNOWN: "unknown",
    TOO_LARGE: "too_large",
    "": "empty",
}


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


def changes_of(
    details: Mapping[str, Any] | None, *, most: int | None = None, words: int = _ALL_WORDS
) -> list[Change]:
    """The changes in ``details.changes``: ``{"field": [old, new]}``, or of a collection
    ``{"field": {"added": […], "removed": […]}}``. Others are left out.

    :param most: so many of the first fields, where not all are wanted.
    :param words: how many words may be compared in all of them together.
    """
    changes, labels = (_mapping((details or {}).get(name)) for name in ("changes", "labels"))
    shown = [(field, value) for field, value in changes.items() if is_shown(value)][:most]
    share = min(_MOST_WORDS, words // max(1, len(shown)))

    return [
        _pair(str(field), value, labels.get(field), share)
        if is_pair(value)
        else _members(str(field), value, _mapping(labels.get(field)))
        for field, value in shown
    ]


def number_of(details: Mapping[str, Any] | None) -> int:
    """How many changes :func:`changes_of` finds."""
    return sum(map(is_shown, _mapping((details or {}).get("changes")).values()))


def is_shown(value: Any) -> bool:
    """Whether *value* is a change that :func:`changes_of` shows."""
    return is_pair(value) or is_members(value)


def is_pair(value: Any) -> bool:
    """Whether *value* is ``[old, new]``."""
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2


def is_members(value: Any) -> bool:
    """Whether *value* says what was added to a collection and removed from it."""
    return (
        isinstance(value, Mapping)
        and {"added", "removed"} <= value.keys() <= {"added", "removed", "leftOut"}
        and all(isinstance(value[side], list) for side in ("added", "removed"))
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _pair(field: str, pair: Sequence[Any], labels: Any, words: int) -> Change:
    was, now = labels if is_pair(labels) else (None, None)
    before, after = _side(pair[0], was), _side(pair[1], now)
    if before.kind == after.kind == "masked":
        after = Side("masked_new")
    elif before.kind == after.kind == "value":
        texts = ("".join(part.text for part in side.parts) for side in (before, after))
        before, after = (Side("value", parts) for parts in marked(*texts, most=words))

    return Change(field, before, after)


def _side(value: Any, label: Any = None) -> Side:
    if value is None:
        return Side("unset")
    if isinstance(value, str) and value in _KINDS:
        return Side(_KINDS[value])

    return Side("value", (Part(_named(value, label), differs=True),))


def _members(field: str, members: Mapping[str, Any], labels: Mapping[str, Any]) -> Change:
    more = members.get("leftOut")
    rest = [_and_more(more)] if isinstance(more, int) else []
    removed, added = (
        [*map(_named, members[side], _as_many(labels.get(side), members[side]))]
        for side in ("removed", "added")
    )
    return Change(field, _lines(removed), _lines([*added, *rest]))


def _and_more(number: int) -> str:
    return ngettext("and %(number)s more", "and %(number)s more", number)


def _as_many(labels: Any, members: list[Any]) -> list[Any]:
    known = labels if isinstance(labels, list) else []

    return [*known[: len(members)], *[None] * (len(members) - len(known))]


def _lines(lines: list[str]) -> Side:
    if not lines:
        return Side("nothing")
    return Side("value", (Part("\n".join(lines), differs=True),))


def _named(value: Any, label: Any) -> str:
    """A value as a reader expects it, with what people call it."""
    text = _words(value)

    return f"{text} ({label})" if isinstance(label, str) and label else text


def _words(value: Any) -> str:
    match value:
        case {"bytes": int(size), "sha256": str(digest), **rest} if not rest:
            return (
                f"{ngettext('%(number)s byte', '%(number)s bytes', size)}, SHA-256 {digest[:16]}…"
            )
        case {"beginning": str(text), "length": int(length), "sha256": str(digest), **rest} if (
            not rest
        ):
            said = ngettext("%(number)s character", "%(number)s characters", length)
            return f"{text}… ({said}, SHA-256 {digest[:16]}…)"
    return value_text(value)


def marked(
    old: str, new: str, *, most: int = _MOST_WORDS
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts in parts; words that stand in one of them only are marked.

    Where there are more than *most* words between what both begin with and what both end with,
    all of these are.
    """
    was, now = _WORDS.findall(old), _WORDS.findall(new)
    head = _common(was, now)
    tail = _common(reversed(was[head:]), reversed(now[head:]))
    ends = len(was) - tail, len(now) - tail
    middles = was[head : ends[0]], now[head : ends[1]]
    blocks = _equal(*middles) if max(map(len, middles)) <= most else []

    return (
        _joined(was, head, ends[0], [(a, size) for a, _, size in blocks]),
        _joined(now, head, ends[1], [(b, size) for _, b, size in blocks]),
    )


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))  # noqa: B905 (the shorter ends it)


def _equal(was: list[str], now: list[str]) -> list[tuple[int, int, int]]:
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    if matcher.ratio() < _ALIKE:
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
