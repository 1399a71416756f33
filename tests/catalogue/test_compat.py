from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE
from marshmallow import fields
from marshmallow import Schema
from marshmallow import validate

from flask_auditlog.recorder.catalogue.compat import incompatibilities
from flask_auditlog.recorder.catalogue.json_schema import json_schema
from tests.catalogue.validator import accepts


def shape(unknown: Any = "raise", **names: Any) -> dict[str, Any]:
    """Return the JSON Schema of a marshmallow schema with these fields."""
    return json_schema(Schema.from_dict(names)(unknown=unknown))


def text(*validators: Any, **more: Any) -> fields.String:
    return fields.String(validate=list(validators), **more)


def number(*validators: Any, **more: Any) -> fields.Float:
    return fields.Float(validate=list(validators), **more)


def nested(**names: Any) -> fields.Nested:
    return fields.Nested(Schema.from_dict(names))


FREE = json_schema(None)
PAIR = fields.Tuple((fields.String(), fields.Float()))

COMPATIBLE = [
    ("the same", shape(a=text()), shape(a=text())),
    ("another description", shape(a=text()), shape(a=text(metadata={"description": "b"}))),
    ("a field more", shape(a=text()), shape(a=text(), b=text())),
    ("no longer required", shape(a=text(required=True)), shape(a=text())),
    ("a wider type", shape(a=fields.Integer()), shape(a=fields.Float())),
    ("null too", shape(a=text()), shape(a=text(allow_none=True))),
    ("anything", shape(a=text()), shape(a=fields.Raw())),
    ("more choices", shape(a=text(validate.OneOf("xy"))), shape(a=text())),
    (
        "one more choice",
        shape(a=text(validate.OneOf(["x"]))),
        shape(a=text(validate.OneOf(["x", "y"]))),
    ),
    ("a lower minimum", shape(a=number(validate.Range(2))), shape(a=number(validate.Range(1)))),
    (
        "the minimum itself",
        shape(a=number(validate.Range(1, min_inclusive=False))),
        shape(a=number(validate.Range(1))),
    ),
    ("no maximum", shape(a=text(validate.Length(max=9))), shape(a=text())),
    ("any text", shape(a=fields.Email()), shape(a=text())),
    ("no pattern", shape(a=text(validate.Regexp("x"))), shape(a=text())),
    ("other fields", shape(a=text()), shape(EXCLUDE, a=text())),
    ("a field more inside", shape(a=nested(b=text())), shape(a=nested(b=text(), c=text()))),
    ("no schema any more", shape(), FREE),
]

INCOMPATIBLE = [
    ("a field gone", shape(a=text(), b=text()), shape(a=text()), "b is gone"),
    ("a field gone, others allowed", shape(EXCLUDE, a=text()), shape(EXCLUDE), "a is gone"),
    ("required", shape(a=text()), shape(a=text(required=True)), "a is now required"),
    ("new and required", shape(), shape(a=text(required=True)), "a is now required"),
    (
        "another type",
        shape(a=text()),
        shape(a=fields.Integer()),
        "a was string, and is now integer",
    ),
    (
        "a narrower type",
        shape(a=fields.Float()),
        shape(a=fields.Integer()),
        "a was number, and is now integer",
    ),
    (
        "no null",
        shape(a=text(allow_none=True)),
        shape(a=text()),
        "a was null or string, and is now string",
    ),
    (
        "no longer anything",
        shape(a=fields.Raw()),
        shape(a=text()),
        "a was anything, and is now string",
    ),
    (
        "a choice gone",
        shape(a=text(validate.OneOf(["x", "y", "z"]))),
        shape(a=text(validate.OneOf(["x"]))),
        "a may no longer be y, z",
    ),
    (
        "choices",
        shape(a=text()),
        shape(a=text(validate.OneOf(["x"]))),
        "a may now only be one of some values",
    ),
    (
        "a higher minimum",
        shape(a=number(validate.Range(1))),
        shape(a=number(validate.Range(2))),
        "a has a narrower minimum: 2",
    ),
    (
        "without the minimum itself",
        shape(a=number(validate.Range(1))),
        shape(a=number(validate.Range(1, min_inclusive=False))),
        "a has a narrower minimum: 1",
    ),
    (
        "a lower maximum",
        shape(a=number(validate.Range(max=2))),
        shape(a=number(validate.Range(max=1))),
        "a has a narrower maximum: 1",
    ),
    (
        "shorter",
        shape(a=text()),
        shape(a=text(validate.Length(max=9))),
        "a has a narrower maxLength: 9",
    ),
    ("a format", shape(a=text()), shape(a=fields.Email()), "a must now have the format email"),
    (
        "another pattern",
        shape(a=text(validate.Regexp("^x"))),
        shape(a=text(validate.Regexp("^y"))),
        "a must now have the pattern ^y",
    ),
    ("no other fields", shape(EXCLUDE), shape(), "* is no longer allowed"),
    (
        "inside",
        shape(a=nested(b=text())),
        shape(a=nested(b=text(required=True))),
        "a.b is now required",
    ),
    (
        "in a list",
        shape(a=fields.List(nested(b=text()))),
        shape(a=fields.List(nested(b=fields.Integer()))),
        "a[].b was string, and is now integer",
    ),
    (
        "the values of a dict",
        shape(a=fields.Dict(values=fields.Float())),
        shape(a=fields.Dict(values=fields.Integer())),
        "a.* was number, and is now integer",
    ),
    (
        "the keys of a dict",
        shape(a=fields.Dict(keys=text())),
        shape(a=fields.Dict(keys=text(validate.Length(max=1)))),
        "a: the name of a field was anything, and is now string",
    ),
    (
        "a place of a tuple",
        shape(a=PAIR),
        shape(a=fields.Tuple((text(), fields.Integer()))),
        "a[1] was number, and is now integer",
    ),
    (
        "a longer tuple",
        shape(a=PAIR),
        shape(a=fields.Tuple((text(), fields.Float(), text()))),
        "a is a list of another length",
    ),
    ("a schema", FREE, shape(), "* is no longer allowed"),
]


@pytest.mark.parametrize(
    ("old", "new"), [case[1:] for case in COMPATIBLE], ids=[c[0] for c in COMPATIBLE]
)
def test_compatible(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert incompatibilities(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"), [case[1:] for case in INCOMPATIBLE], ids=[c[0] for c in INCOMPATIBLE]
)
def test_incompatible(old: dict[str, Any], new: dict[str, Any], said: str) -> None:
    assert said in incompatibilities(old, new)


SHAPES = [each for case in (*COMPATIBLE, *INCOMPATIBLE) for each in case[1:3]]
PLAIN = (
    st.none() | st.integers(-1, 3) | st.sampled_from(["", "x", "y", "a@b.de", 1.5, [], ["x", 1]])
)
VALUES = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.sampled_from("bc"), PLAIN)


@given(
    st.sampled_from(SHAPES),
    st.sampled_from(SHAPES),
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=2),
)
@settings(max_examples=300)
def test_what_followed_still_follows_where_nothing_is_said(
    old: dict[str, Any], new: dict[str, Any], details: dict[str, Any]
) -> None:
    if accepts(old, details) and not incompatibilities(old, new):
        # What stood in a field that nobody had defined is not asked about.
        known = {key: each for key, each in details.items() if key in old.get("properties", {})}
        assert accepts(new, known)
