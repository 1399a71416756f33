"""Which request is recorded, as a table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from flask.views import MethodView

from flask_auditlog import AuditLog
from flask_auditlog.capture.rules import decide
from flask_auditlog.capture.rules import rule_of
from flask_auditlog.errors import ConfigError
from flask_auditlog.settings import RequestRule
from flask_auditlog.wildcards import is_like


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as a rule sees it."""

    method: str = "GET"
    path: str = "/a/b"
    endpoint: str | None = "part.inner.view"
    blueprints: tuple[str, ...] = ("part.inner", "part")


FITS: list[tuple[dict[str, Any], Request, int, bool]] = [
    ({}, Request(), 200, True),
    ({"methods": ("GET",)}, Request(), 200, True),
    ({"methods": ("GET",)}, Request(method="HEAD"), 200, True),
    ({"methods": ("HEAD",)}, Request(), 200, False),
    ({"methods": ("get", "put")}, Request(method="PUT"), 200, True),
    ({"path": "/a/b"}, Request(), 200, True),
    ({"path": "/a"}, Request(), 200, False),
    ({"path": "/a/*"}, Request(), 200, True),
    ({"path": "/a/*"}, Request(path="/a"), 200, False),
    ({"endpoint": "part.*"}, Request(), 200, True),
    ({"endpoint": "*.view"}, Request(), 200, True),
    ({"endpoint": "view"}, Request(), 200, False),
    ({"endpoint": "part.*"}, Request(endpoint=None), 404, False),
    ({"endpoint": "*"}, Request(endpoint=None), 404, True),
    ({"blueprint": "part"}, Request(), 200, True),
    ({"blueprint": "part.inner"}, Request(), 200, True),
    ({"blueprint": "par"}, Request(), 200, False),
    ({"statuses": (200,)}, Request(), 200, True),
    ({"statuses": ("200",)}, Request(), 200, True),
    ({"statuses": ("2xx",)}, Request(), 204, True),
    ({"statuses": (404, "5xx")}, Request(), 403, False),
    ({"statuses": (404, "5xx")}, Request(), 503, True),
    ({"path": "/a/*", "methods": ("GET",)}, Request(method="PUT"), 200, False),
]


@pytest.mark.parametrize(("given", "request_", "status", "expected"), FITS, ids=str)
def test_a_rule_fits_when_all_it_says_does(
    given: dict[str, Any], request_: Request, status: int, expected: bool
) -> None:
    rule = RequestRule(**given)
    assert (decide([rule], request_, status) is rule) is expected


def test_the_first_that_fits_decides() -> None:
    rules = [RequestRule(path="/a/*", record=False, reason="x"), RequestRule(path="/a/b")]
    assert decide(rules, Request(), 200) is rules[0]
    assert decide(rules[::-1], Request(), 200) is rules[1]


@pytest.mark.parametrize(
    ("method", "status", "recorded"),
    [("GET", 200, False), ("GET", 500, False), ("GET", 401, True), ("POST", 200, True)],
)
def test_without_rules_changes_and_refusals_are_recorded(
    method: str, status: int, recorded: bool
) -> None:
    assert (decide([], Request(method=method), status) is not None) is recorded


LIKE = [
    ("", "", True),
    ("", "a", False),
    ("*", "", True),
    ("*", "anything/at all", True),
    ("a", "a", True),
    ("a", "ab", False),
    ("a*", "a", True),
    ("a*", "ba", False),
    ("*a", "ba", True),
    ("a*a", "a", False),
    ("a*a", "aa", True),
    ("a*b*c", "a-b-b-c", True),
    ("a*b*c", "a-c-b", False),
    ("a**b", "ab", True),
    ("*bc*c", "abc", False),
    ("*.view", "x.y.view", True),
    ("[a-z]", "a", False),
    ("a.c", "abc", False),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), LIKE)
def test_a_star_stands_for_anything(pattern: str, text: str, expected: bool) -> None:
    assert is_like(pattern, text) is expected


def test_a_long_path_takes_no_longer_than_it_is() -> None:
    began = time.process_time()
    assert not is_like("*a" * 20 + "*b", "a" * 60_000)
    assert time.process_time() - began < 1


audit = AuditLog()


class Things(MethodView):
    @audit.sensitive_read
    def get(self) -> str:
        return "things"

    @audit.action("THING", "CREATE")
    def post(self) -> str:
        return "made"

    def put(self) -> str:
        return "put"


@audit.exempt("a probe")
class Probe(MethodView):
    def post(self) -> str:
        return "ok"


@pytest.mark.parametrize(
    ("kind", "method", "expected"),
    [
        (Things, "GET", "sensitive"),
        (Things, "HEAD", "sensitive"),
        (Things, "POST", "action"),
        (Things, "PUT", None),
        (Things, "OPTIONS", None),
        (Things, None, None),
        (Probe, "POST", "exempt"),
        (Probe, None, "exempt"),
    ],
)
def test_each_method_of_a_class_has_its_rule(
    kind: type[MethodView], method: str | None, expected: str | None
) -> None:
    rule = rule_of(kind.as_view("it"), method)
    assert (rule and rule.kind) == expected


def test_a_rule_says_its_type_and_its_reason() -> None:
    made, probe = rule_of(Things.as_view("it"), "POST"), rule_of(Probe.as_view("it"))
    assert made is not None
    assert made.type == "admin.THING-CREATE"
    assert probe is not None
    assert (probe.reason, probe.type) == ("a probe", None)


def test_what_has_no_rule_has_none() -> None:
    assert rule_of(None) is None
    assert rule_of(lambda: "x") is None


@pytest.mark.parametrize("reason", ["", " ", None, len])
def test_who_leaves_something_out_says_why(reason: Any) -> None:
    with pytest.raises(ConfigError, match="Say why"):
        audit.exempt(reason)


def test_a_view_has_one_rule() -> None:
    view = audit.exempt("a probe")(lambda: "x")
    with pytest.raises(ConfigError, match="decorated twice"):
        audit.sensitive_read(view)
