from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE
from marshmallow import fields
from marshmallow import INCLUDE
from marshmallow import pre_load
from marshmallow import Schema
from marshmallow import validate

from flask_auditlog.recorder.catalogue.faults import Checker
from flask_auditlog.recorder.catalogue.json_schema import json_schema
from tests.catalogue.validator import accepts


class Status(enum.Enum):
    DRAFT = "draft"
    PAID = "paid"


class Level(enum.Enum):
    LOW = 1
    NONE = None


class Line(Schema):
    sku = fields.String(required=True)


class Tree(Schema):
    name = fields.String()
    below = fields.List(fields.Nested("Tree"))


class Trimmed(fields.String):
    """Reads as text does."""


class Cents(fields.Integer):
    """Reads in its own way."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        return int(str(value).replace(".", ""))


class Renamed(Schema):
    amount = fields.Integer()

    @pre_load
    def rename(self, data: Any, **_: Any) -> Any:
        return {"amount": data["amt"]}


LINE = {
    "type": "object",
    "properties": {"sku": {"type": "string"}},
    "required": ["sku"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (fields.String(), {"type": "string"}),
        (Trimmed(), {"type": "string"}),
        (fields.String(allow_none=True), {"type": ["string", "null"]}),
        (fields.Integer(), {"type": "integer"}),
        (fields.Integer(allow_none=True), {"type": ["integer", "null"]}),
        (Cents(), {}),
        (fields.Raw(), {}),
        (fields.Constant(3), {}),
        (fields.Float(), {"type": "number"}),
        (fields.Decimal(), {"type": ["number", "string"]}),
        (fields.Boolean(), {"type": "boolean"}),
        (fields.UUID(), {"type": "string", "format": "uuid"}),
        (fields.DateTime(), {"type": "string", "format": "date-time"}),
        (fields.DateTime(format="timestamp"), {"type": "number"}),
        (fields.AwareDateTime(), {"type": "string", "format": "date-time"}),
        (fields.Date(), {"type": "string", "format": "date"}),
        (fields.Time(), {"type": "string", "format": "time"}),
        (fields.Email(), {"type": "string", "format": "email"}),
        (fields.Url(), {"type": "string", "format": "uri"}),
        (fields.IPv4(), {"type": "string", "format": "ipv4"}),
        (fields.List(fields.Integer()), {"type": "array", "items": {"type": "integer"}}),
        (
            fields.Tuple((fields.String(), fields.Integer())),
            {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "items": False,
                "minItems": 2,
            },
        ),
        (fields.Dict(), {"type": "object"}),
        (
            fields.Dict(keys=fields.String(validate=validate.Length(max=3)), values=fields.Float()),
            {
                "type": "object",
                "additionalProperties": {"type": "number"},
                "propertyNames": {"type": "string", "maxLength": 3},
            },
        ),
        # Keys are text in JSON, whatever is read from them.
        (fields.Dict(keys=fields.Integer()), {"type": "object"}),
        (fields.Nested(Line), LINE),
        (fields.Nested(Line, many=True), {"type": "array", "items": LINE}),
        (fields.Nested(Line(many=True)), {"type": "array", "items": LINE}),
        (
            fields.Nested(Line, unknown=EXCLUDE),
            {key: LINE[key] for key in ("type", "properties", "required")},
        ),
        (fields.Nested(Renamed), {"type": "object"}),
        (fields.Enum(Status), {"type": "string", "enum": ["DRAFT", "PAID"]}),
        (fields.Enum(Status, by_value=True), {"type": "string", "enum": ["draft", "paid"]}),
        (fields.Enum(Level, by_value=True), {"type": ["integer", "null"], "enum": [1, None]}),
        (
            fields.Enum(Status, allow_none=True),
            {"type": ["string", "null"], "enum": ["DRAFT", "PAID", None]},
        ),
        (
            fields.String(metadata={"description": "In words.", "unit": "?"}),
            {"description": "In words.", "type": "string"},
        ),
    ],
)
def test_a_field(field: Any, expected: dict[str, Any]) -> None:
    made = json_schema(Schema.from_dict({"it": field})())
    assert made["properties"] == {"it": expected}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (fields.Integer(validate=validate.Range(0, 9)), {"minimum": 0, "maximum": 9}),
        (
            fields.Float(validate=validate.Range(0, 9, min_inclusive=False, max_inclusive=False)),
            {"exclusiveMinimum": 0, "exclusiveMaximum": 9},
        ),
        (
            fields.Integer(validate=[validate.Range(min=1), validate.Range(min=3)]),
            {"minimum": 3},
        ),
        (fields.Integer(validate=validate.And(validate.Range(max=3))), {"maximum": 3}),
        # Of text, which a decimal may be, JSON Schema knows no smallest.
        (fields.Decimal(validate=validate.Range(min=Decimal(1))), {}),
        (fields.Date(validate=validate.Range(min="2020-01-01")), {}),
        (fields.String(validate=validate.Length(1, 5)), {"minLength": 1, "maxLength": 5}),
        (fields.String(validate=validate.Length(equal=2)), {"minLength": 2, "maxLength": 2}),
        (fields.List(fields.Raw(), validate=validate.Length(min=1)), {"items": {}, "minItems": 1}),
        (fields.Dict(validate=validate.Length(max=1)), {"maxProperties": 1}),
        (fields.String(validate=validate.OneOf(["a", "b"])), {"enum": ["a", "b"]}),
        (fields.String(validate=validate.OneOf("abc")), {}),
        (
            fields.String(validate=[validate.OneOf(["a", "b"]), validate.OneOf(["b", "c"])]),
            {"enum": ["b"]},
        ),
        (
            fields.String(allow_none=True, validate=validate.OneOf(["a"])),
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (fields.String(validate=validate.Equal("a")), {"enum": ["a"]}),
        (fields.Boolean(validate=validate.OneOf([True])), {}),
        (fields.String(validate=validate.Regexp("[a-z]+$")), {"pattern": "^(?:[a-z]+$)"}),
        (fields.String(validate=validate.Regexp("^[a-z]+$")), {"pattern": "^[a-z]+$"}),
        (fields.String(validate=validate.Regexp("^a|b")), {"pattern": "^(?:^a|b)"}),
        (fields.String(validate=validate.Regexp("(?i)a")), {}),
        (fields.String(validate=validate.Regexp(r"a\Z")), {}),
        (fields.String(validate=lambda value: None), {}),
    ],
)
def test_a_validator(field: Any, expected: dict[str, Any]) -> None:
    made = json_schema(Schema.from_dict({"it": field})())["properties"]["it"]
    made = {
        key: each for key, each in made.items() if key not in ("type", "format") or "null" in each
    }
    assert made == expected


def test_names_are_those_of_the_data_and_what_is_only_dumped_is_left_out() -> None:
    schema = Schema.from_dict(
        {"paid_at": fields.Date(data_key="paidAt"), "total": fields.Integer(dump_only=True)}
    )
    assert list(json_schema(schema())["properties"]) == ["paidAt"]


@pytest.mark.parametrize("unknown", [EXCLUDE, INCLUDE])
def test_other_fields_are_allowed_where_the_schema_allows_them(unknown: Any) -> None:
    assert "additionalProperties" not in json_schema(Line(unknown=unknown))
    assert json_schema(Line())["additionalProperties"] is False


def test_a_partial_schema_requires_less() -> None:
    assert "required" not in json_schema(Line(partial=True))
    assert "required" not in json_schema(Line(partial=("sku",)))
    assert json_schema(Line(partial=("other",)))["required"] == ["sku"]


def test_a_schema_that_holds_itself_is_followed_once() -> None:
    below = {"type": "array", "items": {"type": "object"}}
    assert json_schema(Tree())["properties"] == {"name": {"type": "string"}, "below": below}


FIELDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (fields.String, st.text(max_size=3)),
    (fields.Integer, st.integers(-3, 3)),
    (fields.Float, st.floats(-3, 3)),
    (fields.Decimal, st.decimals(-3, 3).map(str)),
    (fields.Boolean, st.booleans()),
    (fields.UUID, st.uuids().map(str)),
    (fields.DateTime, st.datetimes().map(lambda each: each.isoformat())),
    (fields.Date, st.dates().map(lambda each: each.isoformat())),
    (fields.Raw, st.none()),
    (lambda **kw: fields.Enum(Status, by_value=True, **kw), st.sampled_from(["draft", "paid"])),
    (lambda **kw: fields.Enum(Level, by_value=True, **kw), st.sampled_from([1, None, True, 1.0])),
    (lambda **kw: fields.List(fields.Integer(), **kw), st.lists(st.integers(), max_size=3)),
    (lambda **kw: fields.Tuple((fields.Float(),), **kw), st.tuples(st.floats(0, 1)).map(list)),
    (
        lambda **kw: fields.Dict(keys=fields.Integer(), values=fields.Boolean(), **kw),
        st.dictionaries(st.integers(0, 3).map(str), st.booleans(), max_size=3),
    ),
    (lambda **kw: fields.Nested(Line, **kw), st.just({"sku": "x"})),
]
VALIDATORS = [
    validate.Range(-1, 1),
    validate.Range(0, 2, min_inclusive=False),
    validate.Length(1, 2),
    validate.OneOf([0, 1, "a", True, None, "draft"]),
    validate.Equal(1),
    validate.Regexp(r"[a-z0-9-]*$"),
    validate.Regexp(r"a|^b"),
]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(-2, 2)
    | st.sampled_from(["", "1", "a", "b\n", "true", "2020-01-01", "draft"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "1", "sku"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schema, dict[str, Any]]:
    """A schema, and details that follow it more or less."""
    names, details = {}, {}
    for name in ("a", "b"):
        make, right = draw(st.sampled_from(FIELDS))
        names[name] = make(
            required=draw(st.booleans()),
            allow_none=draw(st.booleans()),
            validate=draw(st.lists(st.sampled_from(VALIDATORS), max_size=1)),
        )
        if draw(st.integers(0, 4)):
            details[name] = draw(right if draw(st.integers(0, 5)) else JUNK)
    if not draw(st.integers(0, 9)):
        details["other"] = draw(JUNK)

    return Schema.from_dict(names)(unknown=draw(st.sampled_from(["raise", "include"]))), details


@given(cases())
@settings(max_examples=200)
def test_what_follows_the_definition_follows_its_json_schema(
    case: tuple[Schema, dict[str, Any]],
) -> None:
    schema, details = case
    made = json_schema(schema)
    try:
        faults = Checker(schema, made).faults(details)
    except TypeError:  # a validator that was given what it cannot compare
        return
    event(f"follows: {not faults}")
    assert faults or accepts(made, details)
