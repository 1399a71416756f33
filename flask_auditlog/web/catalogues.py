"""The catalogues of translations: which there are, and which one somebody reads. No framework.

They are gettext's, compiled, as ``<language>/LC_MESSAGES/flask_auditlog.mo``: ours, and those of
the app, which go first, so that an app can also say something in other words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations
from gettext import NullTranslations
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ..errors import ConfigError

DOMAIN = "flask_auditlog"
OURS = Path(__file__).parents[1] / "translations"
# What the pages are written in: it needs no catalogue.
SOURCE = "en"

# The context of a sentence that an error says with something in it.
CONTEXT = "error"
_PLACE = re.compile(r"%\((\w+)\)s")

Places = tuple[Path, ...]


class Catalogue(GNUTranslations):
    """A catalogue that knows the sentences of errors also by what they look like.

    An error is made far below the pages, where nobody knows of languages: it speaks English.
    """

    # Of the library: nothing else tells which messages there are.
    _catalog: dict[str | tuple[str, int], str]

    def _parse(self, fp: Any) -> None:
        super()._parse(fp)
        begins = f"{CONTEXT}\x04"
        self._sentences = [
            (_pattern(key.removeprefix(begins)), text)
            for key, text in self._catalog.items()
            if isinstance(key, str) and key.startswith(begins)
        ]
        # What says most itself first.
        self._sentences.sort(key=lambda each: -len(_PLACE.sub("", each[0].pattern)))

    def told(self, english: str) -> str:
        """What an error says."""
        said: str = self.gettext(english)
        if said != english or not english:
            return said
        for pattern, text in self._sentences:
            if found := pattern.fullmatch(english):
                parts = found.groupdict()
                return text % {name: self._part(part) for name, part in parts.items()}
        fallback = getattr(self, "_fallback", None)

        return fallback.told(english) if isinstance(fallback, Catalogue) else english

    def _part(self, text: str) -> str:
        # One word is somebody's; more may be a sentence in the sentence.
        return self.told(text) if " " in text else text


@lru_cache(maxsize=16)
def languages(places: Places) -> tuple[str, ...]:
    """The languages there are, as in the names of their directories: ``de``, ``pt_BR``."""
    found = {each.parents[1].name for place in places for each in place.glob(_file("*"))}
    return tuple(sorted(found | {SOURCE}))


def known(wanted: str, places: Places) -> str | None:
    """The language there is for a tag such as ``de-AT``: itself, or what it is a kind of."""
    there = {each.lower(): each for each in languages(places)}
    return next((there[each.lower()] for each in _kinds(wanted) if each.lower() in there), None)


@lru_cache(maxsize=64)
def catalogue(language: str, places: Places) -> NullTranslations:
    """What is said in a language. What a catalogue leaves out the next one says; the last is English."""
    found = NullTranslations()
    for part in reversed([*_opened(language, places)]):
        part.add_fallback(found)
        found = part

    return found


def check(language: str | None, places: Places, own: Places) -> None:
    """Refuse what would only be seen as English pages.

    :raises ConfigError: for a language without a catalogue, or a place without any.
    """
    for place in own:
        if languages((place,)) == (SOURCE,) and not (place / _file(SOURCE)).exists():
            raise ConfigError(
                f"AUDITLOG_TRANSLATIONS: no {_file('<language>')} is in {place}. Compile the catalogue."
            )
    if language is not None and known(language, places) is None:
        there = ", ".join(languages(places))
        raise ConfigError(f"AUDITLOG_LANGUAGE must be one of those there are: {there}.")


def _opened(language: str, places: Places) -> Iterator[Catalogue]:
    for each in _kinds(language):
        for place in places:
            path = place / _file(each)
            if path.is_file():
                with path.open("rb") as file:
                    yield Catalogue(file)


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)
    texts = [re.escape(each.replace("%%", "%")) for each in parts[::2]]
    names = [f"(?P<{each}>.{{1,400}}?)" for each in parts[1::2]]
    return re.compile("".join(map("".join, zip_longest(texts, names, fillvalue=""))), re.DOTALL)


def _kinds(language: str) -> Iterable[str]:
    """``de_AT``, then ``de``."""
    whole = language.replace("-", "_")
    parts = whole.split("_")
    return ["_".join(parts[:most]) for most in range(len(parts), 0, -1)]


def _file(language: str) -> str:
    return f"{language}/LC_MESSAGES/{DOMAIN}.mo"
