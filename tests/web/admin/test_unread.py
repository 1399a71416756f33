"""The results of what can be read of a search that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import READ_TYPE
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web.admin.search_form import Fault
from flask_auditlog.web.admin.unread import rest_of
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element
from tests.web.admin.test_search_form import asked

SAYS = "These are the results of"


def types(page: Element) -> list[str]:
    """The types of the rows."""
    return [cell.text for cell in page.all("td", "c-type")]


@pytest.fixture
def log(add: Add) -> None:
    """Two events of one type, and one of another."""
    add(
        event("a.b", auth_details=MAYA),
        event("a.b", time=NOON - 1, organization_id="northwind"),
        event("c.d", time=NOON - 2, error="no"),
    )


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("q=type:a.b acter:maya", "type:a.b", ["a.b", "a.b"]),
        ("q=acter:maya -type:a.b tpye:x", "-type:a.b", ["c.d"]),
        ("q=-acter:maya error:*", "error:*", ["c.d"]),
        ("q=acter:maya&type=c.d", "type:c.d", ["c.d"]),
        # What holds together is read as one, or not at all.
        ("q=(acter:maya OR user:x)&type=c.d", "type:c.d", ["c.d"]),
        ("q=after:2024-01-01 before:2023-01-01&type=c.d", "type:c.d", ["c.d"]),
        ("q=after:2024-01-01 before:2023-01-01 type:c.d", "type:c.d", ["c.d"]),
        ("q=type:c.d -time:2023-07-10..2023-01-01", "type:c.d", ["c.d"]),
        (
            "after=2023-07-10&before=2023-01-01&type=*",
            "after:2023-07-10T00:00:00Z type:*",
            ["a.b", "a.b", "c.d"],
        ),
        ("ip=here&error=perhaps&q=type:c.d", "type:c.d", ["c.d"]),
        ("details_path=plan&type=c.d", "type:c.d", ["c.d"]),
        ("details.a..b=1&type=c.d", "type:c.d", ["c.d"]),
        ("typ=x&type=c.d", "type:c.d", ["c.d"]),
    ],
)
def test_the_results_are_of_what_can_be_read_and_say_so(
    look: Look, query: str, text: str, found: list[str]
) -> None:
    page = look(f"/audit/?{query}", status=400)
    assert types(page) == found
    said = f"{SAYS} {text}" if found else f"No events for {text}"
    assert page.one("section", "rest" if found else "empty").one("h2").text == said


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    "query",
    [
        "q=acter:maya",
        "q=acter:maya&reads=true",
        "q=type:a.b OR acter:maya",
        "ip=here",
        "type=a.b&limit=0",
        "type=a.b&zone=Nowhere",
        "type=a.b&type=c.d",
    ],
)
def test_where_nothing_can_be_read_nothing_is_found(look: Look, query: str) -> None:
    page = look(f"/audit/?{query}", status=400)
    assert page.all("tr") == []
    assert SAYS not in page.text


@pytest.mark.usefixtures("log")
def test_what_was_typed_stays_in_the_form_and_links_of_the_results_are_readable(
    look: Look,
) -> None:
    page = look("/audit/?q=type:a.b acter:maya&limit=1&tail=true", status=400)
    assert page.one("input", id="q").attrs["value"] == "type:a.b acter:maya"
    assert page.one("li", "chip-not").one("del").text == "acter:maya"
    assert page.one("div", "explore-main").attrs.get("data-tail") is None
    older = look(page.one("a", rel="next").attrs["href"])
    assert (types(older), "type:a.b" in older.one("input", id="q").attrs["value"]) == (
        ["a.b"],
        True,
    )
    assert page.link("CSV").startswith("/audit/export?q=type:a.b&")
    shown = page.link("Show reads and upkeep of this log")
    assert shown.startswith("/audit/?q=type:a.b+acter:maya&")


@pytest.mark.usefixtures("log")
def test_the_results_are_of_the_same_scope_and_their_read_is_on_record(
    host: Flask, look: Look, nora: FlaskClient
) -> None:
    page = look("/audit/?q=type:a.b acter:maya", status=400, client=nora)
    assert types(page) == ["a.b"]
    northwind = Scope(realm="default", organization_id="northwind")
    found = of(host).store.find(Query(type=READ_TYPE, reads=True), northwind, limit=10)
    (read,) = [each.event.details for each in found.records]
    assert read == {"action": "search", "query": {"q": "type:a.b"}, "records": 1}


@pytest.mark.usefixtures("log")
def test_where_the_rest_finds_nothing_it_is_said_of_what_and_what_would(look: Look) -> None:
    page = look("/audit/?q=type:a.bb acter:maya", status=400)
    section = page.one("section", "empty")
    assert section.one("h2").text == "No events for type:a.bb"
    steps = [step.text for step in section.all("li")]
    assert "type:a.b in place of type:a.bb2 eventsWhat is in the log." in steps
    assert section.all("h3")[-1].text == "Examples"


@pytest.mark.usefixtures("log")
def test_what_takes_too_long_is_not_waited_for_twice(
    host: Flask, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        raise QueryTimeout

    monkeypatch.setattr(of(host).store, "find", slow)
    page = look("/audit/?q=type:a.b acter:maya", status=400)
    assert "Nothing was searched" in page.text


@pytest.mark.usefixtures("log")
def test_what_is_written_in_the_rest_is_inert(look: Look) -> None:
    page = look("/audit/?q=acter:x&type=*<script>%E2%80%AE*", status=400)
    assert page.scripts == []
    assert "*<script>\\u202e*" in page.one("section", "empty").one("h2").text


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        ("type:a time:2023-07-10..2023-01-01", ["time:2023-07-10..2023-01-01"]),
        ("type:a after:2023-07-10 before:2023-01-01", ["after:2023-07-10", "before:2023-01-01"]),
        ("type:a OR time:2023-07-10..2023-01-01", ["type:a OR time:2023-07-10..2023-01-01"]),
    ],
)
def test_of_times_that_end_before_they_begin_these_are_struck_out(
    look: Look, text: str, struck: list[str]
) -> None:
    chips = look(f"/audit/?q={text}", status=400).all("ul", "chips")[0]
    assert [each.text for each in chips.all("del")] == struck
    assert len(chips.all("li", "chip")) == len(struck) + 2 - ("OR" in text)


def test_the_rest_is_always_less() -> None:
    page = asked(("q", "a acter:b"), ("type", "x"), ("cursor", "c"))
    for fault in (Fault("", None, None), Fault("", None, "cursor"), Fault("", None, "nothing")):
        assert rest_of(page, fault) is None
    rest = rest_of(page, Fault("", "q", "q", "  ^^^^^"))
    assert rest is not None
    assert rest.pairs() == (("type", "x"), ("q", "a"))
