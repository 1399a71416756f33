"""What a value looks like in the log. Tables: there is nothing else to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from datetime import timezone
from datetime import UTC
from decimal import Decimal
from enum import Enum
from enum import IntEnum
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range

from flask_auditlog.capture.models.changes import changes_of
from flask_auditlog.capture.models.changes import members_of
from flask_auditlog.capture.models.changes import Showing
from flask_auditlog.capture.models.tracked import Options
from flask_auditlog.capture.models.values import plain
from flask_auditlog.capture.models.values import UNKNOWN
from flask_auditlog.redact import Masker


class Colour(Enum):
    RED = 1


class Status(str, Enum):  # noqa: UP042 (as many a host writes it)
    PAID = "paid"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Point:
    x: int
    y: int


class Mute:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


class Hostile(Mapping[str, int]):
    """A mapping that cannot be read."""

    def __getitem__(self, key: str) -> int:
        raise KeyError(key)

    def __iter__(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        return 1


EAST = timezone(timedelta(hours=2))

VALUES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (7, 7),
    (2**70, str(2**70)),
    (1.5, 1.5),
    (float("nan"), "nan"),
    ("text", "text"),
    ("a\0b", "a\ufffdb"),
    (Decimal("12.50"), "12.50"),
    (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (date(2026, 1, 2), "2026-01-02"),
    (time(3, 4), "03:04:00"),
    (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),  # noqa: DTZ001 (a column without a zone)
    (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
    (datetime(2026, 1, 2, 3, 4, tzinfo=EAST), "2026-01-02T03:04:00+02:00"),
    (timedelta(days=1, seconds=2), "P1DT2S"),
    (Colour.RED, "RED"),
    (Status.PAID, "paid"),
    (Level.HIGH, "HIGH"),
    (b"\xff\0", {"bytes": 2, "sha256": sha256(b"\xff\0").hexdigest()}),
    (memoryview(b"a"), {"bytes": 1, "sha256": sha256(b"a").hexdigest()}),
    ([1, Decimal("2.5")], [1, "2.5"]),
    ((1, b""), [1, {"bytes": 0, "sha256": sha256(b"").hexdigest()}]),
    ({3, 1, 2}, [1, 2, 3]),
    ({"a": {"b": [date(2026, 1, 2)]}}, {"a": {"b": ["2026-01-02"]}}),
    ({1: 2}, {"1": 2}),
    (Range(1, 5), "[1,5)"),
    (Point(1, 2), {"x": 1, "y": 2}),
    (Mute(), "<Mute>"),
    ([Mute()], ["<Mute>"]),
    (Hostile(), "<Hostile>"),
]


@pytest.mark.parametrize(("value", "shown"), VALUES, ids=[str(i) for i in range(len(VALUES))])
def test_a_value_keeps_what_it_was(value: Any, shown: Any) -> None:
    assert plain(value) == shown
    assert type(plain(value)) is type(shown)


def test_what_is_too_deep_is_told_by_its_type() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert msgspec.json.encode(plain(deep))


@given(st.recursive(st.none() | st.text() | st.binary() | st.decimals(), st.lists, max_leaves=20))
def test_whatever_it_is_it_is_json(value: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(plain(value))) == plain(value)


masker = Masker()


def showing(value_bytes: int = 100, event_bytes: int = 10_000) -> Showing:
    return Showing(
        masked=masker.value,
        matched=lambda text: f"#{text}",
        value_bytes=value_bytes,
        event_bytes=event_bytes,
    )


OPTIONS = Options(
    mask=frozenset({"iban"}), ignore=frozenset({"seen"}), hash=frozenset({"email", "born"})
)


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ({"name": ("a", "b")}, {"name": ["a", "b"]}),
        ({"name": ("a", "a")}, {}),
        ({"paid": (1, True)}, {}),
        ({"paid": (None, False)}, {"paid": [None, False]}),
        ({"amount": (Decimal("1.0"), Decimal("1.5"))}, {"amount": ["1.0", "1.5"]}),
        ({"amount": (Decimal("1.0"), Decimal("1.00"))}, {}),
        ({"seen": (1, 2)}, {}),
        ({"iban": ("DE1", "DE2")}, {"iban": ["[masked]", "[masked]"]}),
        ({"iban": (None, "DE2")}, {"iban": [None, "[masked]"]}),
        ({"iban": ("DE1", "DE1")}, {}),
        ({"email": ("a@b", "c@d")}, {"email": ["#a@b", "#c@d"]}),
        ({"email": (None, "c@d")}, {"email": [None, "#c@d"]}),
        ({"born": (None, date(2026, 1, 2))}, {"born": [None, "#2026-01-02"]}),
        ({"name": (UNKNOWN, "b")}, {"name": ["[unknown]", "b"]}),
        ({"iban": (UNKNOWN, "b")}, {"iban": ["[unknown]", "[masked]"]}),
        ({"name": (UNKNOWN, UNKNOWN)}, {"name": ["[unknown]", "[unknown]"]}),
    ],
)
def test_a_change_is_told_as_it_may_be(pair: Any, told: Any) -> None:
    assert changes_of(pair, OPTIONS, showing()) == told


def test_of_a_long_text_the_beginning_is_told() -> None:
    text = "é" * 100
    changes = changes_of({"a": (None, text)}, OPTIONS, showing())
    assert changes["a"][1] == {
        "beginning": "é" * 50,
        "length": 100,
        "sha256": sha256(text.encode()).hexdigest(),
    }


def test_of_long_json_the_beginning_is_told_without_its_secrets() -> None:
    value = {"password": "hunter2", "rest": "x" * 200}
    told = changes_of({"a": (None, value)}, OPTIONS, showing())["a"][1]
    assert told["beginning"].startswith('{"password":"[masked]","rest":"xxx')


def test_a_secret_across_the_end_of_what_is_shown_is_masked() -> None:
    secret = "ghp_" + "a1B2" * 9
    told = changes_of({"a": (None, "x" * 90 + " " + secret + "y" * 500)}, OPTIONS, showing())
    assert "ghp_" not in told["a"][1]["beginning"]


@pytest.mark.parametrize("size", [99, 100, 101])
def test_the_limit_is_a_number_of_bytes(size: int) -> None:
    told = changes_of({"a": (None, "x" * size)}, OPTIONS, showing())["a"][1]
    assert isinstance(told, str) == (size <= 100)


def test_more_than_an_event_can_hold_is_left_out_the_largest_first() -> None:
    pairs: dict[str, Any] = {f"f{n}": (None, "x" * n) for n in range(100)}
    told = changes_of(pairs, OPTIONS, showing(event_bytes=4000))
    assert len(msgspec.json.encode(told)) <= 4000
    assert told["f1"] == [None, "x"]
    assert told["f99"] == [None, "[too large]"]
    assert told.keys() == pairs.keys()


@pytest.mark.parametrize(
    ("added", "removed", "told"),
    [
        (["roles/1"], [], {"added": ["roles/1"], "removed": []}),
        ([], ["roles/1"], {"added": [], "removed": ["roles/1"]}),
        (list(range(100)), [], {"added": list(range(100)), "removed": []}),
        (list(range(101)), [1], {"added": list(range(100)), "removed": [1], "leftOut": 1}),
    ],
)
def test_of_a_crowd_the_first_are_named(added: Any, removed: Any, told: Any) -> None:
    assert members_of(added, removed, lambda each: each) == told
