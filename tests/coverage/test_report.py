"""Facts -> what is audited, ignored or uncovered, as tables."""

from __future__ import annotations

from functools import partial

import pytest

from flask_auditlog.capture.coverage import report
from flask_auditlog.capture.coverage.facts import Fact
from flask_auditlog.capture.coverage.facts import Model
from flask_auditlog.capture.coverage.facts import Route
from flask_auditlog.capture.coverage.facts import Signal
from flask_auditlog.capture.coverage.facts import Type
from flask_auditlog.capture.coverage.facts import Write

model = partial(Model, name="Invoice", module="shop.models")
route = partial(Route, method="POST", path="/pay", endpoint="pay")
signal = partial(Signal, library="flask-login", name="user_logged_in")
write = partial(Write, table="invoices", paths=("core", "text"))


@pytest.mark.parametrize(
    ("fact", "state", "why"),
    [
        (model(is_tracked=True), "audited", "tracked"),
        (model(is_left_out=True, reason="counted"), "ignored", "counted"),
        (model(is_left_out=True), "uncovered", 'exclude={Invoice: "why not"}'),
        (model(), "uncovered", "audit.track(Invoice)"),
        # Given to `track` by itself, it is tracked whatever `track_all` left out.
        (model(is_tracked=True, is_left_out=True, reason="x"), "audited", "tracked"),
        (route(is_recorded=True), "audited", "request"),
        (
            route(is_recorded=True, action="admin.A-CREATE"),
            "audited",
            "action admin.A-CREATE",
        ),
        (
            route(is_recorded=True, seen=("access.REQUEST", "a.b")),
            "audited",
            "seen a.b",
        ),
        (route(is_recorded=True, seen=("access.REQUEST",)), "audited", "request"),
        (route(seen=("a.b",)), "audited", "seen a.b"),
        (
            route(seen=("access.PERMISSION_DENIED",)),
            "uncovered",
            '@audit.action(…), or @audit.exempt("why not")',
        ),
        (route(reason="a probe"), "ignored", "a probe"),
        (route(), "uncovered", '@audit.action(…), or @audit.exempt("why not")'),
        (signal(type="access.LOGIN"), "audited", "access.LOGIN"),
        (
            signal(type="access.LOGIN", is_listened_to=False),
            "uncovered",
            'AUDITLOG_CAPTURE: {"logins": True}',
        ),
        (signal(reason="too often"), "ignored", "too often"),
        (signal(), "uncovered", "audit.access_event(…) in a receiver of it"),
        (write(is_tracked=True), "audited", "tracked"),
        (write(reason="counted"), "ignored", "counted"),
        (write(), "uncovered", "audit.track(…) the model of this table"),
        (Type(name="a.b"), "audited", "defined"),
        (Type(name="a.b", was_recorded=True), "audited", "recorded"),
        (Type(name="a.b", was_recorded=False), "uncovered", "a test in which one is recorded"),
    ],
    ids=repr,
)
def test_each_fact_is_judged(fact: Fact, state: str, why: str) -> None:
    (item,) = report([fact]).items
    assert (item.state, item.why) == (state, why)


@pytest.mark.parametrize(
    ("uncovered", "covered", "percent"),
    [(0, 0, 100.0), (1, 0, 0.0), (0, 3, 100.0), (1, 2, 66.6), (1, 9_999, 99.9)],
)
def test_the_percentage_is_never_rounded_up(uncovered: int, covered: int, percent: float) -> None:
    facts = [Type(name="a", was_recorded=n >= uncovered) for n in range(uncovered + covered)]
    assert report(facts).percent == percent


def test_what_is_uncovered_stands_first_and_kinds_together() -> None:
    found = report(
        [
            route(is_recorded=True),
            signal(reason="x"),
            route(),
            model(),
            model(is_tracked=True),
        ]
    )
    assert [(item.state, item.kind) for item in found.items] == [
        ("uncovered", "model"),
        ("uncovered", "route"),
        ("ignored", "signal"),
        ("audited", "model"),
        ("audited", "route"),
    ]


def test_the_document_counts_and_lists() -> None:
    document = report([model(), signal(reason="x")]).document()
    assert document == {
        "percent": 50.0,
        "audited": 0,
        "ignored": 1,
        "uncovered": 1,
        "items": [
            {
                "kind": "model",
                "name": "Invoice",
                "place": "shop.models",
                "state": "uncovered",
                "why": "audit.track(Invoice)",
            },
            {
                "kind": "signal",
                "name": "user_logged_in",
                "place": "flask-login",
                "state": "ignored",
                "why": "x",
            },
        ],
    }
