"""How the query may go on, while somebody writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import NoReturn
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Actor
from flask_auditlog.state import of
from flask_auditlog.web.admin import completing
from flask_auditlog.web.admin import known_paths
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element

Offer = Callable[..., list[str]]


@pytest.fixture
def offer(admin: FlaskClient) -> Offer:
    """What is offered for what was written."""

    def offer(text: str, client: FlaskClient = admin, realm: str = "default") -> list[str]:
        answer = client.get(f"/audit/complete?realm={realm}&q={quote(text)}")
        assert answer.status_code == 200, answer.text
        return [option["text"] for option in answer.get_json()["options"]]

    return offer


def test_the_names_of_fields_are_offered(offer: Offer) -> None:
    assert offer("type:a -res") == ["resource:", "resource_type:"]
    assert offer("de") == ["details."]
    assert offer("nonsense") == []


def test_values_that_exist_are_offered_the_frequent_ones_first(add: Add, offer: Offer) -> None:
    add(event("user.left"), event("user.came"), event("user.came"), event("invoice.paid"))
    assert offer("error:* type:user.") == ["type:user.came", "type:user.left"]
    assert offer("type:") == ["type:user.came", "type:invoice.paid", "type:user.left"]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("actor:ma", ["actor:maya@acme.test"]),
        ("user:2b", ["user:2b80c4de"]),
        ("username:m", ["username:maya@acme.test"]),
        ("client:", ["client:web-app"]),
        ("ip:203.", ["ip:203.0.113.24"]),
        ("org:no", ["org:northwind"]),
        ("resource:users/", ["resource:users/7"]),
        ("resource_type:U", ["resource_type:USER"]),
        ("error:inv", ['error:"invalid password"']),
        ('error:"invalid p', ['error:"invalid password"']),
        ("operation:U", ["operation:UPDATE"]),
        (
            "operation:t",
            ["operation:CREATE", "operation:UPDATE", "operation:DELETE", "operation:ACTION"],
        ),
        ("source:AP", ["source:api", "source:capture"]),
        ("resource_type:us", ["resource_type:USER"]),
        ("resource_type:se", ["resource_type:USER"]),
        ("actor:ACME", ["actor:maya@acme.test"]),
        ("error:PASS", ['error:"invalid password"']),
        ("resource:7", ["resource:users/7"]),
        ("ip:113", ["ip:203.0.113.24"]),
        ("after:-7", ["after:-7d"]),
        ("actor:%", []),
        ("actor:_", []),
        ("actor:*a", []),
        ("session:7", ["session:70c446c9"]),
        ("request:r", ["request:r-17"]),
        ("trace:0", []),
        ("nobody:x", []),
        ("details.plan:p", []),
    ],
)
def test_every_field_whose_values_are_told(
    add: Add, offer: Offer, text: str, offered: list[str]
) -> None:
    it = event(
        auth_details=MAYA,
        organization_id="northwind",
        resource_path="users/7",
        resource_type="USER",
        error="invalid password",
        request_id="r-17",
        details={"plan": "pro"},
    )
    add(it)
    assert offer(text) == offered


def test_what_begins_as_it_was_written_comes_first(add: Add, offer: Offer) -> None:
    add(*map(event, ["access.LOGIN"] * 3 + ["LOGIN.first"] * 2 + ["login.later"]))
    assert offer("type:login") == ["type:login.later", "type:LOGIN.first", "type:access.LOGIN"]
    assert offer("type:LOGIN") == ["type:LOGIN.first", "type:login.later", "type:access.LOGIN"]


def test_a_value_that_is_not_recent_is_offered_by_its_beginning(
    add: Add, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "LOOKED_AT", 2)
    times = {"user.old": NOON - 1, "a.user": NOON, "b.user": NOON}
    add(
        *(event(name, auth_details=Actor(username=name), time=time) for name, time in times.items())
    )
    assert offer("username:user") == ["username:user.old", "username:a.user", "username:b.user"]
    assert offer("username:OLD") == []
    # Of types the numbers are kept: none is too old.
    assert offer("type:OLD") == ["type:user.old"]


def test_paths_of_the_details_are_offered_the_frequent_ones_first(add: Add, offer: Offer) -> None:
    plan = {"plan": {"name": "pro", "seats": 3}, "price": 12}
    add(event(details=plan), event(details={"plan": {"seats": 4}}))
    assert offer("-details.") == ["details.plan.seats:", "details.plan.name:", "details.price:"]
    assert offer("type:a details.plan.n") == ["details.plan.name:"]
    assert offer("details.nothing") == []
    # No values: whoever is given one is on record.
    assert offer("details.plan.name:p") == []


def test_a_path_that_a_query_cannot_name_is_not_offered(add: Add, offer: Offer) -> None:
    odd = {"a b": 1, "a:b": 1, 'a"b': 1, "a.b": 1, "\u202ea": 1, "": 1, "fine": 1, "many": {}}
    add(event(details=odd))
    for path in offer("details."):
        assert offer(path.removesuffix(":")) == [path]
    assert "details.fine:" in offer("details.")


def test_paths_are_those_of_recent_events_and_not_of_very_many(
    add: Add, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_paths, "LOOKED_AT", 2)
    monkeypatch.setattr(known_paths, "EACH", 3)
    add(
        event(details={"old": 1}, time=NOON - 1),
        event(details={"one": 1}),
        event(details={f"two{number}": 1 for number in range(9)}),
    )
    assert offer("details.") == ["details.one:", "details.two0:", "details.two1:", "details.two2:"]
    monkeypatch.setattr(known_paths, "PATIENCE", -1.0)
    assert offer("details.") == []


def test_it_begins_where_javascript_counts(add: Add, admin: FlaskClient) -> None:
    text = quote("\U0001f600 \U0001f600 ty")
    assert admin.get(f"/audit/complete?q={text}").get_json()["from"] == 6


def test_nobody_is_told_of_what_they_may_not_see(
    host: Flask, add: Add, offer: Offer, nora: FlaskClient
) -> None:
    theirs: dict[str, Any] = {
        "organization_id": "globex",
        "auth_details": Actor(username="mallory"),
        "details": {"theirs": 1},
    }
    add(event("secret.type", **theirs), event("secret.other", realm_id="staging"))
    ours = {"details": {"ours": 1}, "auth_details": MAYA}
    add(event("known.type", organization_id="northwind", **ours))
    assert offer("type:", nora) == ["type:known.type"]
    assert offer("type:secret", nora) == offer("actor:mal", nora) == []
    assert offer("type:SECRET", nora) == offer("actor:ALLO", nora) == []
    assert offer("org:", nora) == []
    assert offer("details.", nora) == ["details.ours:"]
    assert offer("type:secret", realm="staging") == ["type:secret.other"]
    assert nora.get("/audit/complete?realm=staging&q=type:").status_code == 403
    assert entered(host, "eve").get("/audit/complete?q=type:").status_code == 403


def test_it_is_not_a_read_of_the_log(add: Add, offer: Offer, look: Look) -> None:
    add(event())
    offer("type:")
    page = look("/audit/?reads=true")
    assert [cell.text for cell in page.all("td", "c-type")] == ["invoice.paid"]


def test_what_takes_too_long_is_not_waited_for(
    host: Flask, add: Add, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facets(*_: Any, **__: Any) -> NoReturn:
        raise QueryTimeout

    add(event())
    monkeypatch.setattr(of(host).store.figures, "facets", facets)
    assert offer("type:") == []


def test_what_an_attacker_wrote_is_shown_and_can_be_searched_for(
    add: Add, admin: FlaskClient, look: Look
) -> None:
    name = "\u202e" + '"x" OR -y'
    add(event(auth_details=Actor(username=name)))
    (option,) = admin.get("/audit/complete?q=actor:").get_json()["options"]
    assert option["label"].startswith("\\u202e")
    page = look(f"/audit/?q={quote(option['text'])}")
    assert len(rows(page)) == 1


def rows(page: Element) -> list[Element]:
    """The rows of events."""
    return page.all("td", "c-type")


def test_a_query_that_is_too_long_is_refused(admin: FlaskClient) -> None:
    assert admin.get("/audit/complete?q=" + "x" * 2001).status_code == 400
