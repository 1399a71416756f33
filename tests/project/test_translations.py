"""A language that comes with the package is whole."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from flask_auditlog.web.catalogues import DOMAIN
from flask_auditlog.web.catalogues import OURS

pytest.importorskip("babel", reason="the catalogues are made with it")

from babel.messages.mofile import read_mo

from tools import messages

CATALOGUES = sorted(OURS.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
PLACE = re.compile(r"%\((\w+)\)s|%%")
each_language = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)


def entries(path: Path) -> list[Any]:
    """The messages of a catalogue without its header."""
    return [each for each in messages.read(path) if each.id]


def key(entry: Any) -> messages.Message:
    """A message as it is collected."""
    return entry.id if isinstance(entry.id, str) else tuple(entry.id)


def test_german_is_there() -> None:
    assert "de" in {path.parents[1].name for path in CATALOGUES}


@each_language
def test_every_message_is_translated(path: Path) -> None:
    # `make messages` adds what is new.
    translated = {key(each) for each in entries(path) if all(messages.forms(each))}
    assert messages.messages().keys() - translated == set()


@each_language
def test_nothing_is_translated_that_is_not_said(path: Path) -> None:
    assert {key(each) for each in entries(path)} - messages.messages().keys() == set()


@each_language
def test_a_translation_has_the_places_of_its_message(path: Path) -> None:
    for entry in entries(path):
        wanted = places(entry.id if isinstance(entry.id, str) else entry.id[1])
        *few, most = messages.forms(entry)
        assert places(most) == wanted, entry.id
        # "One delivery" may do without its number.
        assert all(places(form) | {"number"} >= wanted for form in few), entry.id


def places(text: str) -> set[str]:
    """The names in a text. No other sign of per cent is in one that has some."""
    found = PLACE.findall(text)
    assert not found or "%" not in PLACE.sub("", text), text
    return set(found)


@each_language
def test_code_in_a_message_stays(path: Path) -> None:
    for entry in entries(path):
        for form in messages.forms(entry):
            said = entry.id if isinstance(entry.id, str) else entry.id[0]
            assert form.count("`") == said.count("`"), said


@each_language
def test_what_is_loaded_is_what_is_written(path: Path) -> None:
    # `make messages` compiles it.
    loaded = read_mo(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    written = {key(each): messages.forms(each) for each in entries(path)}
    assert {key(each): messages.forms(each) for each in loaded if each.id} == written
