"""The catalogues of translations: which there are, and which one somebody reads. No framework.

They are gettext's, compiled, as ``<language>/LC_MESSAGES/flask_auditlog.mo``: ours, and those of
the app, which go first, so that an app can also say something in other words.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations
from gettext import NullTranslations
from pathlib import Path

from ..errors import ConfigError

DOMAIN = "flask_auditlog"
OURS = Path(__file__).parents[1] / "translations"
# What the pages are written in: it needs no catalogue.
SOURCE = "en"

Places = tuple[Path, ...]


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


def _opened(language: str, places: Places) -> Iterator[GNUTranslations]:
    for each in _kinds(language):
        for place in places:
            path = place / _file(each)
            if path.is_file():
                with path.open("rb") as file:
                    yield GNUTranslations(file)


def _kinds(language: str) -> Iterable[str]:
    """``de_AT``, then ``de``."""
    whole = language.replace("-", "_")
    parts = whole.split("_")
    return ["_".join(parts[:most]) for most in range(len(parts), 0, -1)]


def _file(language: str) -> str:
    return f"{language}/LC_MESSAGES/{DOMAIN}.mo"
