"""The walk over a value: names, shapes, and what is left as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from operator import is_not
from typing import Any

from .hiding import hide
from .matching import is_matched
from .names import Names
from .names import SECRET
from .names import Verdict
from .pairs import mask_pairs
from .pairs import may_hold_pair
from .shapes import mask_shapes
from .shapes import may_hold_shape
from .tokens import MASK
from .tokens import SHORTEST_PLAIN
from .vocabulary import PAIR_NAMES

# Deeper than any event may be (32); what lies below is masked whole rather than left.
MAX_DEPTH = 64
# Masking one secret may lay another bare, at most a few times. A text that does not come
# to rest by then was made for this, and is masked whole.
MAX_PASSES = 4
# Entries of each cache; and the longest text that is remembered as holding no secret.
CACHE_SIZE = 4096
CACHED_LENGTH = 320

_CLEAR = Verdict.CLEAR
_KEYED = Verdict.KEYED
_SCALARS = frozenset((int, float, bool, type(None)))

# Ids are new in every event: they are let pass quickly, and not remembered.
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
# With a letter, since digits alone may be a card's; no token's first characters are all of these.
_HEX = re.compile(r"[0-9]*[A-Fa-f][0-9A-Fa-f]*")
_JSON = re.compile(r"""\s*+(?:\{\s*+["}]|\[\s*+["{\[])""")


class Masker:
    """Masks secrets in JSON values. Safe to share between threads.

    *names* are masked beside the built-in ones, in any spelling and as whole words of a
    longer name; *keep* are never masked by name (by shape they still are); of those in
    *hash* the values are told by what *matched* makes of them.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        keep: Sequence[str] = (),
        hash: Sequence[str] = (),  # noqa: A002 (the word of the setting)
        *,
        matched: Callable[[str], str] = lambda _: MASK,
    ) -> None:
        self._names = Names(names, keep, hash)
        self._matched = matched
        # What was found out before. Events of one application repeat themselves.
        self._keys: dict[str, Verdict] = {}
        self._named: dict[str, Verdict] = {}
        self._clean: set[str] = set()

    def value(self, value: Any) -> Any:
        """Return *value* with its secrets masked; the same object when it has none.

        Never changes what it was given, and never raises on a JSON value. ``None``,
        booleans and empty values stay also under a secret name: they hold no secret.
        What is neither JSON nor a tuple is returned as it is: encode it first.
        """
        return self._any(value, 0)

    def text(self, text: str) -> str:
        """Return *text* with the secrets in it masked; the same object when it has none.

        By shape, in ``name=value`` and ``name: value`` pairs, in URLs, and in JSON when
        the whole text is a JSON object or array.
        """
        return text if text in self._clean else self._text(text, 0)

    def _any(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return value if value in self._clean else self._text(value, depth)
        if not isinstance(value, (dict, list, tuple)):
            return value
        if depth > MAX_DEPTH:
            return MASK if value else value

        return self._object(value, depth) if isinstance(value, dict) else self._array(value, depth)

    def _object(self, value: dict[str, Any], depth: int) -> Any:
        keys, clean = self._keys, self._clean
        changed: dict[str, Any] = {}
        for key, item in value.items():
            verdict = keys.get(key)
            if verdict is None:
                verdict = self._judge_key(key)
            if verdict:
                if verdict is _KEYED:
                    return self._any(self._rename(value), depth + 1)
                new = self._under(verdict, item, value, depth)
            elif (kind := type(item)) is str:
                new = item if item in clean else self._text(item, depth)
            else:
                new = item if kind in _SCALARS else self._any(item, depth + 1)
            if new is not item:
                changed[key] = new

        return {**value, **changed} if changed else value

    def _array(self, value: Sequence[Any], depth: int) -> Any:
        clean = self._clean
        masked = [
            item
            if (kind := type(item)) in _SCALARS or (kind is str and item in clean)
            else self._element(item, depth + 1)
            for item in value
        ]
        return masked if any(map(is_not, masked, value)) else value

    def _element(self, item: Any, depth: int) -> Any:
        """Mask an element of an array; ``["Cookie", "a=b"]`` there is a name and a value."""
        if type(item) is str:
            return self._text(item, depth)
        if isinstance(item, (list, tuple)) and len(item) == 2 and isinstance(item[0], str):
            name = self.text(item[0])
            if (verdict := self._judge_name(name)) in SECRET:
                hidden = self._hide(item[1], verdict, depth)
                return item if hidden is item[1] and name is item[0] else [name, hidden]

        return self._any(item, depth)

    def _under(self, verdict: Verdict, item: Any, owner: Mapping[str, Any], depth: int) -> Any:
        """Mask *item*, whose key in *owner* is not clear."""
        if verdict is Verdict.PAIR:
            names = (owner.get(name) for name in PAIR_NAMES)
            texts = (self.text(name) for name in names if isinstance(name, str))
            verdicts = (self._judge_name(text) for text in texts)
            verdict = next((each for each in verdicts if each in SECRET), _CLEAR)
        if verdict is _CLEAR:
            return self._any(item, depth + 1)

        return self._hide(item, verdict, depth)

    def _hide(self, item: Any, verdict: Verdict, depth: int) -> Any:
        if verdict is Verdict.MATCHED:
            return self._hash(item)
        hidden = hide(item, verdict)
        # What an object under `credentials` keeps is looked at like everything else.
        return hidden if hidden is MASK else self._any(hidden, depth + 1)

    def _hash(self, item: Any) -> Any:
        """A hash for each text and number; lists stay, since that is how changes are written."""
        if isinstance(item, (list, tuple)):
            return [self._hash(each) for each in item]
        if not item or item is True or is_matched(item):
            return item

        return MASK if isinstance(item, dict) else self._matched(str(item))

    def _rename(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        """Mask the keys; those that become equal are numbered, so that no value is lost."""
        out: dict[Any, Any] = {}
        for key, item in value.items():
            name = masked = self.text(key) if isinstance(key, str) else key
            number = 2
            while name in out:
                name, number = f"{number} {masked}", number + 1
            out[name] = item

        return out

    def _judge_key(self, key: Any) -> Verdict:
        if not isinstance(key, str):
            return _CLEAR
        verdict = _KEYED if self.text(key) != key else self._judge_name(key)

        return _remember(self._keys, key, verdict)

    def _judge_name(self, name: str) -> Verdict:
        verdict = self._named.get(name)
        if verdict is None:
            verdict = _remember(self._named, name, self._names.verdict(name))

        return verdict

    def _text(self, text: str, depth: int) -> str:
        """Mask *text* until it comes to rest."""
        if _is_id(text):
            return text
        if not may_hold_pair(text) and not may_hold_shape(text):
            return self._found_clean(text)
        masked = text
        for _ in range(MAX_PASSES):
            before, masked = masked, self._pass(masked, depth)
            if masked == before:
                return self._found_clean(text) if masked == text else masked

        return MASK

    def _pass(self, text: str, depth: int) -> str:
        if depth <= MAX_DEPTH and _JSON.match(text) and (parsed := _parse(text)) is not None:
            masked = self._any(parsed, depth + 1)
            return text if masked is parsed else _dump(masked)

        return mask_shapes(mask_pairs(text, self._judge_name))

    def _found_clean(self, text: str) -> str:
        if len(text) <= CACHED_LENGTH:
            if len(self._clean) >= CACHE_SIZE:
                self._clean.clear()
            self._clean.add(text)

        return text


def _remember(cache: dict[str, Verdict], name: str, verdict: Verdict) -> Verdict:
    if len(name) <= CACHED_LENGTH:
        if len(cache) >= CACHE_SIZE:
            cache.clear()
        cache[name] = verdict

    return verdict


def _is_id(text: str) -> bool:
    """Whether *text* is too short and plain, or too regular, to hold a secret by form."""
    if text.isalnum():
        if len(text) < SHORTEST_PLAIN and text.isascii():
            return not text.isdecimal()
        return _HEX.fullmatch(text) is not None

    return len(text) == 36 and _UUID.fullmatch(text) is not None


def _parse(text: str) -> Any:
    """The object or array *text* is, or None. One that names a key twice counts as text:
    a parser shows one of the two, and the other would be stored unseen.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError

    return out


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, that was written as an escape
        return json.dumps(value, separators=(",", ":"))

    return text
