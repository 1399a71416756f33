from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import uuid
from collections import namedtuple
from collections import OrderedDict
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.local import LocalProxy

from flask_auditlog.recorder.plain import clean


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Loud(str):
    __slots__ = ()


@dataclasses.dataclass
class Money:
    amount: decimal.Decimal
    currency: str


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("detached")


Point = namedtuple("Point", "x y")

KNOWN = [
    (None, None),
    (True, True),
    (7, 7),
    (1.5, 1.5),
    ("text", "text"),
    (decimal.Decimal("1.20"), "1.20"),
    (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "2026-01-02T03:04:05Z"),
    (datetime.date(2026, 1, 2), "2026-01-02"),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (Colour.RED, "red"),
    (Level.HIGH, 3),
    (Markup("<b>"), "<b>"),
    (Loud("loud"), "loud"),
    (pathlib.PurePosixPath("/a/b"), "/a/b"),
    (ValueError("no"), "no"),
    (LocalProxy(lambda: "proxied"), "proxied"),
    ((1, (2, 3)), [1, [2, 3]]),
    ({1}, [1]),
    (frozenset({"a"}), ["a"]),
    (Point(1, 2), [1, 2]),
    (b"text", "text"),
    (bytearray(b"text"), "text"),
    (b"\xff\xfe", "//4="),
    (Money(decimal.Decimal(3), "EUR"), {"amount": "3", "currency": "EUR"}),
    (OrderedDict(a=(1,)), {"a": [1]}),
    (MultiDict([("a", "1"), ("a", "2")]), {"a": ["1", "2"]}),
    ({1: "a", None: "b", (2, 3): "c"}, {"1": "a", "None": "b", "(2, 3)": "c"}),
    ({1: "a", "1": "b"}, {"1": "a", "2 1": "b"}),
    ({"a\0": 1, "a\ufffd": 2}, {"a\ufffd": 1, "2 a\ufffd": 2}),
    (math.nan, "nan"),
    (-math.inf, "-inf"),
    (2**64 - 1, 2**64 - 1),
    (2**64, "18446744073709551616"),
    (-(2**63), -(2**63)),
    (-(2**63) - 1, "-9223372036854775809"),
    ("a\0b", "a\ufffdb"),
    ("a\ud800b", "a\ufffdb"),
    ("ü\0\udfff", "ü\ufffd\ufffd"),
    ({"\ud800": "\0"}, {"\ufffd": "\ufffd"}),
    (Broken(), "<Broken>"),
    ([Broken()], ["<Broken>"]),
]


@pytest.mark.parametrize(("given", "plain"), KNOWN, ids=lambda value: ascii(type(value).__name__))
def test_what_python_knows_and_json_does_not_is_written_as_text(given: Any, plain: Any) -> None:
    assert clean({"v": given}) == {"v": plain}


@pytest.mark.parametrize("value", [{}, {"a": [1, {"b": "ü"}]}, [], "text"])
def test_what_is_plain_already_is_the_same_object(value: Any) -> None:
    assert clean(value) is value


def test_what_was_given_is_never_changed() -> None:
    given = {"a": [b"x"], 1: {"b\0": 2}}
    clean(given)
    assert given == {"a": [b"x"], 1: {"b\0": 2}}


def nested(depth: int, leaf: Any = "leaf", kind: type = dict) -> Any:
    value = leaf
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize("kind", [dict, list, tuple])
@pytest.mark.parametrize("leaf", ["leaf", decimal.Decimal(1)])
@pytest.mark.parametrize(("depth", "fits"), [(31, True), (32, True), (33, False)])
def test_nesting_has_a_limit(depth: int, fits: bool, leaf: Any, kind: type) -> None:
    if fits:
        clean(nested(depth, leaf, kind))
        return
    with pytest.raises(ValueError, match=r"^$"):
        clean(nested(depth, leaf, kind))


def test_what_holds_itself_is_too_deep() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match=r"^$"):
        clean(endless)
