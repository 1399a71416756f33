"""What is masked of a value under a secret name, and how deep that is found."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.redact import MASK
from flask_auditlog.redact import Masker

ROWS: list[tuple[Any, Any]] = [
    # Whole, whatever the type.
    ({"password": "hunter2"}, {"password": MASK}),
    ({"pin": 1234}, {"pin": MASK}),
    ({"otp": 0}, {"otp": MASK}),
    ({"password": {"old": "a", "new": "b"}}, {"password": MASK}),
    ({"secrets": ["a", "b", "c"]}, {"secrets": MASK}),
    ({"password": ["a"]}, {"password": MASK}),
    # Nested, in lists.
    ({"a": [{"b": {"api_key": "x"}}]}, {"a": [{"b": {"api_key": MASK}}]}),
    ([[{"token": "x"}]], [[{"token": MASK}]]),
    ({"a": ({"token": "x"}, 1)}, {"a": [{"token": MASK}, 1]}),
    # A change stays a change.
    ({"changes": {"password_hash": ["a", "b"]}}, {"changes": {"password_hash": [MASK, MASK]}}),
    ({"changes": {"password_hash": [None, "b"]}}, {"changes": {"password_hash": [None, MASK]}}),
    ({"changes": {"secret": [{"a": 1}, ["b", "c"]]}}, {"changes": {"secret": [MASK, MASK]}}),
    ({"changes": {"role": ["a", "b"]}}, {"changes": {"role": ["a", "b"]}}),
    # The name is itself a value.
    ({"name": "password", "value": "x"}, {"name": "password", "value": MASK}),
    ({"key": "API_KEY", "value": "x"}, {"key": "API_KEY", "value": MASK}),
    ({"Key": "Secret", "Value": "x"}, {"Key": "Secret", "Value": MASK}),
    ([{"field": "token", "old": "a", "new": "b"}], [{"field": "token", "old": MASK, "new": MASK}]),
    ({"name": "colour", "value": "x"}, {"name": "colour", "value": "x"}),
    ({"name": "ghp_" + "a" * 36, "value": "x"}, {"name": MASK, "value": "x"}),
    ([["Cookie", "a=b"], ["Host", "h"]], [["Cookie", MASK], ["Host", "h"]]),
    ({"headers": [("Cookie", "a=b")]}, {"headers": [["Cookie", MASK]]}),
    ([["credentials", {"id": "ghp_" + "a" * 36}]], [["credentials", {"id": MASK}]]),
    # A list of the ways to log in is no name and value.
    ({"amr": ["pwd", "otp"]}, {"amr": ["pwd", "otp"]}),
    # A number under a plural is a count, and no secret.
    ({"usage": {"tokens": 1500}}, {"usage": {"tokens": 1500}}),
    ({"tokens": "1500"}, {"tokens": MASK}),
    ({"db_pass": 1234}, {"db_pass": MASK}),
    # Of credentials, what tells who and when stays.
    (
        {"credentials": {"accessKeyId": "ASIA1", "expiration": "Jul 10", "sessionToken": "x"}},
        {"credentials": {"accessKeyId": "ASIA1", "expiration": "Jul 10", "sessionToken": MASK}},
    ),
    (
        {"credentials": [{"type": "password", "value": "x", "temporary": False}]},
        {"credentials": [{"type": "password", "value": MASK, "temporary": False}]},
    ),
    (
        {"credentials": {"user": {"id": 1}, "data": "x"}},
        {"credentials": {"user": MASK, "data": MASK}},
    ),
    ({"credentials": {"id": "ghp_" + "a" * 36}}, {"credentials": {"id": MASK}}),
    ({"authorization": "Digest username=x"}, {"authorization": MASK}),
    # A name may be what somebody typed.
    ({"password=hunter2": ""}, {f"password={MASK}": ""}),
    ({"ghp_" + "a" * 36: 1, "ghp_" + "b" * 36: 2}, {MASK: 1, f"2 {MASK}": 2}),
    ({1: "password", None: {"pwd": "x"}}, {1: "password", None: {"pwd": MASK}}),
]


@pytest.mark.parametrize(("value", "masked"), ROWS)
def test_value(value: Any, masked: Any) -> None:
    assert Masker().value(value) == masked


@pytest.mark.parametrize("nothing", [None, True, False, "", [], {}, MASK, [None, ""], [MASK, MASK]])
def test_what_holds_no_secret_stays_under_a_secret_name(nothing: Any) -> None:
    value = {"password": nothing}
    assert Masker().value(value) is value


def test_only_what_changed_is_copied() -> None:
    value = {"a": {"b": 1}, "c": {"token": "x"}}
    masked = Masker().value(value)
    assert masked["a"] is value["a"]
    assert value == {"a": {"b": 1}, "c": {"token": "x"}}


def nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = {"a": [leaf]}
    return leaf


@pytest.mark.parametrize("depth", [1, 16, 31])
def test_a_secret_is_found_as_deep_as_an_event_may_be(depth: int) -> None:
    assert Masker().value(nested(depth, {"token": "x"})) == nested(depth, {"token": MASK})


@pytest.mark.parametrize("depth", [33, 1_000, 100_000])
def test_what_is_too_deep_to_look_at_is_masked(depth: int) -> None:
    masked = Masker().value(nested(depth, "hunter2"))
    assert "hunter2" not in str(masked)
    assert MASK in str(masked)


def test_the_caches_are_bounded() -> None:
    masker = Masker()
    for number in range(20_000):
        masker.value({f"token-{number}": f"a b {number}"})
    assert max(len(each) for each in vars(masker).values() if hasattr(each, "__len__")) <= 4096
