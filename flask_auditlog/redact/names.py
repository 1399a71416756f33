"""Is what stands under this name a secret?

The rule, in three sentences. A name is secret when one of the secret words or phrases
stands in it as whole words, in any spelling (``apiKey``, ``API-KEY``, ``x_api_key``).
It is not when its last word says that it only tells about the secret (``tokenType``,
``accessKeyId``, ``password_changed_at``), when its first word makes it a yes or no
(``hasPassword``, ``maxTokens``), or when the phrase is a harmless one (``nextToken``).
An unknown word beside a secret one is masked.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Sequence
from enum import IntEnum

from .vocabulary import ABOUT
from .vocabulary import ALONE
from .vocabulary import FLAGS
from .vocabulary import HARMLESS
from .vocabulary import OPEN
from .vocabulary import PAIR_VALUES
from .vocabulary import SECRETS


class Verdict(IntEnum):
    """What a name says about its value. ``CLEAR`` is the only false one."""

    CLEAR = 0
    SECRET = 1  # masked whole
    COUNTABLE = 2  # a plural: a number under it is a count, all else is masked
    OPEN = 3  # as above, but of an object the harmless parts stay
    PAIR = 4  # the value half of a name/value pair: its sibling decides
    KEYED = 5  # the name itself holds a secret
    MATCHED = 6  # a keyed hash stands for each value


SECRET = frozenset((Verdict.SECRET, Verdict.COUNTABLE, Verdict.OPEN, Verdict.MATCHED))

# `HTTPServer` is two words, `apiKey2` three; letters of other scripts stay together.
_WORDS = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_SEGMENTS = re.compile(r"[^\W_]+")
_GLUED_PASSWORD = re.compile(r"[a-z]+(?:password|passwd|passphrase)$")


class Names:
    """The verdict on any name: the built-in table, more *names*, those to *keep* and to *hash*."""

    def __init__(
        self,
        names: Sequence[str] = (),
        keep: Sequence[str] = (),
        hash: Sequence[str] = (),  # noqa: A002
    ) -> None:
        self._added = _matcher(" ".join(words(name)) for name in names)
        self._hash = _matcher(" ".join(words(name)) for name in hash)
        self._keep = frozenset(" ".join(words(name)) for name in keep)

    def verdict(self, name: str) -> Verdict:
        """Judge *name*; never ``KEYED``, which is a matter of shapes."""
        split = words(name)
        text = " ".join(split)
        if (told := self._told(split, text)) is not None:
            return told
        if text in _ALONE:
            return Verdict.SECRET
        if text in PAIR_VALUES:
            return Verdict.PAIR
        found = _judge(split, _HARMLESS.sub("", text), _SECRETS)
        if found is None:
            # `APIkey`, `pgpassword`: what the capitals do not split right, read as one word.
            plain = [each.lower() for each in _SEGMENTS.findall(_fold(name))]
            found = _judge(plain, _HARMLESS.sub("", " ".join(plain)), _SECRETS)
            found = _judge_glued(plain) if found is None else found

        return found

    def _told(self, split: Sequence[str], text: str) -> Verdict | None:
        """What the host said of a name, if it said anything."""
        if text in self._keep:
            return Verdict.CLEAR
        if self._hash is not None and _judge(split, text, self._hash):
            return Verdict.MATCHED
        if self._added is not None:
            return _judge(split, text, self._added) or None
        return None


def words(name: str) -> list[str]:
    """Split *name* into lower-case words, without accents and invisible characters."""
    return [word.lower() for word in _WORDS.findall(_fold(name))]


def is_about(name: str) -> bool:
    """Whether the last word of *name* says it holds an id, a type, a time or the like."""
    return _ends_about(words(name))


def _fold(name: str) -> str:
    if name.isascii():
        return name
    # Full-width letters, accents and zero-width characters must not hide a password.
    folded = unicodedata.normalize("NFKD", name)

    return "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))


def _ends_about(split: Sequence[str]) -> bool:
    number = "".join(itertools.takewhile(str.isdigit, reversed(split)))
    rest = [word for word in split if not word.isdigit()]

    return bool(rest) and (rest[-1] in ABOUT or rest[-1] + number in ABOUT)


def _judge(split: Sequence[str], text: str, secrets: re.Pattern[str]) -> Verdict | None:
    """Judge by the first secret in *text*, the words of *split*; None: there is none."""
    found = secrets.search(text)
    if found is None:
        return None
    if found.end() < len(text) and _ends_about(split):
        return Verdict.CLEAR
    if found.start() > 0 and split[0] in FLAGS:
        return Verdict.CLEAR
    if found[0] in _OPEN:
        return Verdict.OPEN

    return Verdict.COUNTABLE if re.search("[^s]s$", found[0]) else Verdict.SECRET


def _judge_glued(split: Sequence[str]) -> Verdict:
    """`pgpassword`: no English word ends so, and nobody writes the parts apart."""
    glued = any(_GLUED_PASSWORD.match(word) for word in split)

    return Verdict.SECRET if glued and not _ends_about(split) else Verdict.CLEAR


def _phrases(table: str) -> list[str]:
    return [" ".join(words(each)) for each in table.split(",")]


def _matcher(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for any of *phrases* as whole words; longest first, so the noun is seen."""
    kept = {each for each in phrases if each}
    # `apikey`, `clientsecret`: those who write without any separator mean the same.
    kept |= {each.replace(" ", "") for each in kept}
    if not kept:
        return None
    choices = "|".join(re.escape(each) for each in sorted(kept, key=len, reverse=True))

    return re.compile(rf"(?<![^ ])(?:{choices})(?![^ ])")


def _table(table: str) -> re.Pattern[str]:
    glued = [first + last for first in _OWNERS for last in ("token", "secret", "key")]
    found = _matcher([*_phrases(table), *glued]) if table is SECRETS else _matcher(_phrases(table))
    assert found is not None  # noqa: S101 (the tables above are not empty)

    return found


# `accesstoken`, `clientsecret`: glued compounds of the two words most often written so.
_OWNERS = ("access", "auth", "api", "refresh", "id", "session", "client", "csrf", "xsrf", "bearer")
_SECRETS = _table(SECRETS)
_HARMLESS = _table(HARMLESS)
_ALONE = frozenset(_phrases(ALONE))
_OPEN = frozenset(each for name in _phrases(OPEN) for each in (name, name.replace(" ", "")))
