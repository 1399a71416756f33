"""The stored bytes, laid out."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.web.admin.json_view import coloured

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def text(body: str) -> str:
    """The layout without its colours."""
    return "".join(token.text for token in coloured(body))


@pytest.mark.parametrize(
    ("body", "laid_out"),
    [
        ('{"a":1}', '{\n  "a": 1\n}'),
        ('{"a":{"b":[]},"c":{}}', '{\n  "a": {\n    "b": []\n  },\n  "c": {}\n}'),
        ('{"role":["member",null]}', '{\n  "role": ["member", null]\n}'),
        ('{"a":[{"b":1}]}', '{\n  "a": [\n    {\n      "b": 1\n    }\n  ]\n}'),
        ('{"a":"{\\"b\\": [1,2]}"}', '{\n  "a": "{\\"b\\": [1,2]}"\n}'),
        ('{"big":1e400,"exact":1.10}', '{\n  "big": 1e400,\n  "exact": 1.10\n}'),
    ],
)
def test_a_body_is_laid_out(body: str, laid_out: str) -> None:
    assert text(body) == laid_out


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_nothing_but_white_space_is_added(value: dict[str, object]) -> None:
    assert json.loads(text(json.dumps(value))) == value


def test_a_direction_override_in_a_string_is_shown_as_json_writes_it() -> None:
    body = '{"a":"x\u202ey"}'
    assert '"x\\u202ey"' in text(body)
    assert json.loads(text(body)) == json.loads(body)


def test_keys_strings_and_numbers_are_told_apart() -> None:
    kinds = [(token.kind, token.text) for token in coloured('{"a":"b","c":true}') if token.kind]
    assert kinds == [("k", '"a"'), ("s", '"b"'), ("k", '"c"'), ("n", "true")]


def test_a_long_list_has_a_line_for_each_value() -> None:
    body = json.dumps({"a": ["x" * 100] * 3})
    assert len(re.findall(r"^    \"x", text(body), re.MULTILINE)) == 3
