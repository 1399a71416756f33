"""The search page, by what its reader finds."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Actor
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web import figures
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

HOUR = 3_600_000


def types(page: Element) -> list[str]:
    """The types of the rows."""
    return [cell.text for cell in page.all("td", "c-type")]


def chips(page: Element) -> list[str]:
    """The chips, without what is on their buttons."""
    return [" ".join(span.text for span in chip.all("span")[:2]) for chip in page.all("li", "chip")]


def given_to_curl(command: str) -> list[str]:
    """What curl is called with, by a shell that has a token."""
    script = f"curl() {{ printf '%s\\n' \"$@\"; }}; {command}"
    said = subprocess.run(
        ["sh", "-c", script], env={"TOKEN": "secret"}, capture_output=True, check=True, text=True
    )
    return said.stdout.splitlines()


def test_a_row_says_when_what_who_where_and_what_went_wrong(add: Add, look: Look) -> None:
    add(
        event(
            "invoice.charge",
            auth_details=MAYA,
            organization_id="northwind",
            resource_path="invoices/42",
            error="card_declined: try another",
        )
    )
    row = look("/audit/").one("tr", "is-bad")
    # The first is the box.
    cells = [cell.text for cell in row.all("td")][1:]
    assert cells[0].startswith("12:15:04")
    assert cells[1:] == [
        "invoice.charge",
        "maya@acme.test",
        "card_declined on invoices/42",
        "203.0.113.24",
        "northwind",
    ]


@pytest.mark.parametrize(
    ("it", "what"),
    [
        (
            {
                "type_": "admin.USER-UPDATE",
                "resource_path": "users/7",
                "details": {"changes": {"role": [1, 2]}},
            },
            "users/7 role",
        ),
        (
            {"type_": "access.REQUEST", "details": {"method": "POST", "path": "/x", "status": 201}},
            "POST /x 201",
        ),
        ({"type_": "access.LOGIN_ERROR", "details": {"username": "bob"}}, "as bob"),
        ({"type_": "foo.bar"}, ""),
    ],
)
def test_what_it_was_about(add: Add, look: Look, it: dict[str, Any], what: str) -> None:
    add(event(**it))
    assert look("/audit/").one("td", "c-what").text == what


def test_a_row_leads_to_its_event(add: Add, look: Look) -> None:
    it = event()
    add(it)
    link = look("/audit/").one("td", "c-time").one("a").attrs["href"]
    assert link == f"/audit/events/{it.uid}"


def test_events_stand_under_their_days_newest_first(add: Add, look: Look) -> None:
    add(event("old", time=NOON - 86_400_000), event("new"))
    page = look("/audit/")
    assert types(page) == ["new", "old"]
    assert [day.text for day in page.all("tr", "day")] == [
        "Monday 10 July 2023",
        "Sunday 9 July 2023",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=invoice.*", ["invoice.paid"]),
        ("actor=maya@acme.test", ["invoice.paid"]),
        ("user=2b80c4de", ["invoice.paid"]),
        ("ip=203.0.113.0/24", ["invoice.paid"]),
        ("error=true", ["user.left"]),
        ("text=ENTERPRISE", ["user.left"]),
        ("q=ENTERPRISE", ["user.left"]),
        ("q=type:invoice.*+OR+resource:users/8", ["invoice.paid"]),
        ("q=-error:*&type=*", ["invoice.paid"]),
        ("q=time:2023-07-10+details.plan.name:e*", ["user.left"]),
        ("details_path=plan.name&details_value=enterprise", ["user.left"]),
        ("resource=users", ["user.left"]),
        ("after=2023-07-10T12:15:04", ["invoice.paid"]),
    ],
)
def test_a_filter_of_the_form_is_honoured(
    add: Add, look: Look, query: str, found: list[str]
) -> None:
    add(
        event("invoice.paid", auth_details=MAYA),
        event(
            "user.left",
            time=NOON - 1,
            error="why",
            resource_path="users/7",
            details={"plan": {"name": "enterprise"}},
        ),
    )
    assert types(look(f"/audit/?text=&type=&{query}&before=")) == found


def test_a_form_sent_with_empty_fields_becomes_an_address_to_pass_on(admin: FlaskClient) -> None:
    answer = admin.get("/audit/?text=&type=invoice.*&ip=&details_path=a.b&details_value=c&realm=")
    assert answer.status_code == 302
    assert answer.location == "/audit/?type=invoice.*&details.a.b=c"


def test_what_was_searched_for_stays_in_the_form(look: Look) -> None:
    page = look(
        "/audit/?type=a.*&org=acme&error=false&details.x=1&before=2023-07-10&reads=true&limit=3"
    )
    fields = {i.attrs["name"]: i.attrs["value"] for i in page.all("input")}
    assert fields["type"] == "a.*"
    assert fields["org"] == "acme"
    assert fields["before"] == "2023-07-10T00:00:00"
    assert (fields["details.x"], fields["reads"], fields["limit"]) == ("1", "true", "3")
    chosen = [o.text for o in page.all("option") if "selected" in o.attrs]
    assert chosen == ["Not failed"]


def test_a_chip_is_taken_away_by_its_link(look: Look) -> None:
    page = look("/audit/?type=a.*&details.plan=x")
    assert chips(page)[:2] == ["type a.*", "details.plan x"]
    assert page.link("Remove type a.*") == "/audit/?details.plan=x"
    assert page.link("Clear all") == "/audit/"


def test_ordinary_reads_are_hidden_until_they_are_wanted(look: Look) -> None:
    look("/audit/")
    page = look("/audit/")
    assert "admin.AUDIT_LOG-ACTION" not in types(page)
    assert "Reads and upkeep of this log hidden" in page.text
    shown = look(page.link("Show reads and upkeep of this log"))
    assert set(types(shown)) == {"admin.AUDIT_LOG-ACTION"}
    assert types(look(shown.link("Hide reads and upkeep of this log"))) == []


def test_a_read_says_what_was_asked_and_found(add: Add, look: Look) -> None:
    add(event("a.b"))
    look("/audit/?type=a.*&error=false")
    cell = look("/audit/?type=admin.AUDIT_LOG-ACTION").one("td", "c-what")
    assert cell.text == "type:a.* error:false searched the audit log, 1 record"


def test_reads_that_are_asked_for_by_name_are_not_called_hidden(look: Look) -> None:
    look("/audit/")
    page = look("/audit/?type=admin.AUDIT_LOG-ACTION")
    assert types(page) == ["admin.AUDIT_LOG-ACTION"]
    assert "upkeep of this log" not in page.text


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_paging_shows_every_event_once(add: Add, look: Look, size: int) -> None:
    add(*[event(f"n.{n}", time=NOON + n) for n in range(size)])
    page, seen = look("/audit/?limit=3"), []
    while True:
        seen += types(page)
        older = page.all("a", rel="next")
        if not older:
            break
        page = look(older[0].attrs["href"])
    assert seen == [f"n.{n}" for n in reversed(range(size))]


def test_a_later_page_leads_back_to_the_newest(add: Add, look: Look) -> None:
    add(*[event(f"n.{n}", time=NOON + n) for n in range(3)])
    second = look(look("/audit/?limit=2&type=n.*").one("a", rel="next").attrs["href"])
    assert {a.attrs["href"] for a in second.all("a") if a.text == "Newest"} == {
        "/audit/?type=n.*&limit=2"
    }


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("q=user:a+acter:b", "q", "did you mean actor?"),
        ("q=(a", "q", "opened at 1 is not closed"),
        ("ip=here", "ip", "must be an IP address"),
        ("type=*********", "type", "at most 8 stars"),
        ("after=someday", "after", "must be a time"),
        ("error=perhaps", "error", "must be true or false"),
        ("details_path=plan", "details_path", "both a path and a value"),
        ("details.a..b=c", "details_path", "names joined by dots"),
    ],
)
def test_a_filter_that_cannot_be_read_is_said_beside_its_field(
    add: Add, look: Look, query: str, field: str, words: str
) -> None:
    add(event())
    page = look(f"/audit/?{query}", status=400)
    (wrong,) = page.all("*", **{"aria-invalid": "true"})
    assert wrong.attrs["name"] == field
    assert words in page.one("*", id=wrong.attrs["aria-describedby"]).text
    assert page.all("tr") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("typ=a", "Did you mean type?"),
        ("typ=", "is empty"),
        ("limit=0", "must be a whole number"),
    ],
)
def test_what_is_no_filter_is_refused_and_not_forgotten(
    add: Add, look: Look, query: str, words: str
) -> None:
    add(event())
    page = look(f"/audit/?{query}", status=400)
    assert words in page.one("*", role="alert").text
    assert page.all("tr") == []


@pytest.mark.parametrize(
    "cursor", ["nonsense", "of another search", "of another reader", "x" * 2000]
)
def test_a_page_of_results_that_is_none_is_told_with_the_way_to_the_first(
    add: Add, look: Look, nora: FlaskClient, cursor: str
) -> None:
    add(*[event(f"n.{n}", time=NOON + n, organization_id="northwind") for n in range(3)])
    if cursor == "of another search":
        other = look("/audit/?limit=1&type=n.*").one("a", rel="next").attrs["href"]
        cursor = other.partition("cursor=")[2].partition("&")[0]
    elif cursor == "of another reader":
        hers = look("/audit/?limit=1", client=nora).one("a", rel="next").attrs["href"]
        cursor = hers.partition("cursor=")[2].partition("&")[0]
    page = look(f"/audit/?limit=1&zone=Asia/Tokyo&cursor={cursor}", status=400)
    assert "belongs to another search" in page.one("*", role="alert").text
    assert "There is no such page of results" in page.text
    assert "This cursor" not in page.text
    assert page.all("tr") == page.all("del") == []
    assert page.link("First page") == "/audit/?limit=1&zone=Asia/Tokyo"
    assert types(look(page.link("First page"))) == ["n.2"]


def test_a_filter_that_was_not_read_is_struck_through(look: Look) -> None:
    page = look("/audit/?ip=here&type=a", status=400)
    assert page.one("li", "chip-not").one("del").text == "here"


def test_a_query_that_cannot_be_read_is_shown_where_and_what_was_meant(
    add: Add, look: Look
) -> None:
    add(event(auth_details=MAYA))
    page = look("/audit/?q=type:*%20acter:maya@acme.test&limit=9", status=400)
    assert page.one("input", id="q").attrs["value"] == "type:* acter:maya@acme.test"
    assert page.one("pre", "query-at").text == "       ^^^^^".strip()
    assert page.one("li", "chip-not").one("del").text == "acter:maya@acme.test"
    assert page.link("Remove q acter:maya@acme.test") == "/audit/?q=type:*&limit=9"
    assert types(look(page.link("Search with actor"))) == ["invoice.paid"]


def test_what_is_written_in_a_query_is_inert(look: Look) -> None:
    page = look("/audit/?q=%22%3Cscript%3E%22%20(user:%E2%80%AE%20OR%20-x)")
    assert page.scripts == []
    assert "<script>" in page.one("input", id="q").attrs["value"]
    assert "\\u202e" in page.one("li", "chip-any").text


def test_a_value_is_excluded_by_its_link(add: Add, look: Look) -> None:
    add(event("a.b"), event("a.b", time=NOON - 1), event("c.d", time=NOON - 2))
    page = look("/audit/?q=-user:bob")
    assert page.link("Exclude a.b") == "/audit/?q=-user:bob+-type:a.b"
    assert types(look(page.link("Exclude a.b"))) == ["c.d"]


def test_a_range_of_the_query_is_that_of_the_page(add: Add, look: Look) -> None:
    add(event(), event(time=NOON + HOUR))
    page = look("/audit/?q=time:2023-07-10..2023-07-11")
    assert "10 Jul" in page.one("form", id="search").one("summary").text
    assert page.link("Any time") == "/audit/"
    assert page.all("figure", "chart-box") != []


def test_an_empty_log_says_how_to_fill_it(look: Look) -> None:
    page = look("/audit/")
    assert "Nothing has been recorded yet" in page.text
    assert "http://localhost/audit/realms/default/events" in page.text


def test_a_search_without_results_says_what_would_find_more(add: Add, look: Look) -> None:
    add(event("a.b", auth_details=MAYA), event("c.d"))
    page = look("/audit/?type=a.b&actor=bob")
    assert "No events match" in page.text
    (step,) = page.one("ul", "steps").all("li")
    assert step.text == "Without actor bob1 event"
    assert types(look(step.one("a").attrs["href"])) == ["a.b"]


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 event"), (3, "3 events"), (4, "more than 3 events")]
)
def test_the_number_of_events_is_told_up_to_a_limit(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch, size: int, words: str
) -> None:
    monkeypatch.setattr(figures, "LOOKED_AT", 3)
    add(*[event() for _ in range(size)])
    assert look("/audit/?limit=1").one("div", "tools").all("span")[0].text == words


def test_events_that_take_too_long_to_count_are_shown_all_the_same(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        raise QueryTimeout

    add(event("a.b"), event("a.c", time=NOON - 1))
    for name in ("both", "histogram"):
        monkeypatch.setattr(of(host).store.figures, name, slow)
    page = look("/audit/?limit=1")
    assert types(page) == ["a.b"]
    assert page.one("div", "tools").all("span")[0].text == "2 events"
    monkeypatch.setattr(of(host).store.figures, "facets", slow)
    page = look("/audit/?limit=1")
    assert types(page) == ["a.b"]
    assert "Too many to count in time" in page.text
    assert page.all("svg", "meter") == page.all("svg", "chart") == []


def test_the_frequent_values_stand_beside_the_results(add: Add, look: Look) -> None:
    add(event("a.b", auth_details=MAYA), event("a.b", time=NOON - 1), event("c.d"))
    page = look("/audit/?error=false")
    (kind, actor, *_) = page.one("aside", id="facets").all("details", "facet")
    assert [item.all("a")[0].text for item in kind.all("li")] == ["a.b2", "c.d1"]
    assert kind.one("summary").text == "Type 2"
    assert kind.all("a")[2].attrs["href"] == "/audit/?error=false&q=type:c.d"
    assert actor.all("a")[0].attrs["href"] == "/audit/?error=false&q=actor:maya@acme.test"


def test_of_how_many_more_values_are_shown_is_told_and_the_others_are_typed(
    add: Add, look: Look
) -> None:
    add(*[event(f"a.n{n:02}") for n in range(15)])
    (kind, *_) = look("/audit/").one("aside", id="facets").all("details", "facet")
    assert kind.all("summary")[1].text == "5 more of 15"
    (rest,) = [a for a in kind.all("a") if "data-begin" in a.attrs]
    assert (rest.text, rest.attrs["href"], rest.attrs["data-begin"]) == (
        "Find one of 5 rarer",
        "#q",
        "type:",
    )


def test_where_no_value_is_rarer_the_rest_is_counted_alone(add: Add, look: Look) -> None:
    add(*[event(f"a.n{n}") for n in range(7)])
    (kind, *_) = look("/audit/").one("aside", id="facets").all("details", "facet")
    assert kind.all("summary")[1].text == "2 more"
    assert [a for a in kind.all("a") if "data-begin" in a.attrs] == []


def test_a_value_that_is_asked_for_is_marked_and_taken_away_by_itself(add: Add, look: Look) -> None:
    add(event("a.b"), event("a.b", time=NOON - 1))
    (value,) = look("/audit/?type=a.b&error=false").one("aside", id="facets").all("li")
    assert value.one("a").attrs["aria-current"] == "true"
    assert value.one("a").attrs["href"] == "/audit/?error=false"


def test_of_how_many_the_facets_are_is_told(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(*[event(time=NOON - n) for n in range(4)])
    assert look("/audit/").all("p", "facet-note") == []
    monkeypatch.setattr(figures, "LOOKED_AT", 3)
    note = look("/audit/").one("p", "facet-note").text
    assert note == "Type: of all. Else of the newest 3."
    assert look("/audit/?q=-type:x").one("p", "facet-note").text == "Of the newest 3"


def test_facets_are_of_what_one_may_see(add: Add, look: Look, nora: FlaskClient) -> None:
    add(event("hers", organization_id="northwind"), event("others", organization_id="x"))
    column = look("/audit/", client=nora).one("aside", id="facets")
    assert [item.all("a")[0].text for item in column.all("li")] == ["hers1"]


def test_a_bar_of_the_histogram_searches_in_its_time(add: Add, look: Look) -> None:
    add(event(time=NOON - 3 * HOUR), event(time=NOON), event(time=NOON, error="denied"))
    page = look("/audit/?operation=&text=invoice")
    figure = page.one("figure", "chart-box")
    assert figure.one("figcaption").text == "3 events 1 with an error 5 minutes a bar"
    rows = [
        [cell.text for cell in row.holds if not isinstance(cell, str)] for row in figure.all("tr")
    ]
    assert rows[1:] == [
        ["10 Jul, 09:15 to 09:20", "1", "0"],
        ["10 Jul, 12:15 to 12:20", "2", "1"],
    ]
    # The number of the scale stands beside the bars, and on none.
    assert figure.one("span", "chart-top").text.isdecimal()
    assert figure.one("svg", "chart").all("text", "axis") == []
    last = figure.one("svg", "chart").all("a")[-1]
    assert last.one("title").text == "10 Jul, 12:15 to 12:20: 2 events, 1 with an error"
    assert last.attrs["href"] == (
        "/audit/?text=invoice&after=2023-07-10T12:15:00Z&before=2023-07-10T12:20:00Z"
    )
    found = look(last.attrs["href"])
    assert len(types(found)) == 2
    assert "after=2023-07-10T12:10:00Z&before=2023-07-10T12:25:00Z" in found.link("Zoom out")


def test_nothing_is_drawn_of_one_moment(add: Add, look: Look) -> None:
    add(event(), event())
    assert look("/audit/").all("figure") == []


def test_what_is_slow_to_suggest_is_not_suggested(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def count(*_: Any, **__: Any) -> None:
        asked.append(1)
        raise QueryTimeout

    add(event("a.b"))
    monkeypatch.setattr(of(host).store, "count", count)
    assert "No events match" in look("/audit/?type=x&actor=y&text=z").text
    assert len(asked) == 1


def test_a_search_that_was_stopped_leaves_its_page_and_shorter_times(
    host: Flask, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        raise QueryTimeout

    monkeypatch.setattr(of(host).store, "find", slow)
    page = look("/audit/?q=text:wire&columns=type,ip", status=503)
    assert "The search took too long" in page.text
    assert page.one("input", name="q").attrs["value"] == "text:wire"
    steps = page.one("ul", "steps").all("a")
    assert (steps[0].text, steps[-1].text) == ("Last 30 days", "Last 15 minutes")
    assert steps[0].attrs["href"].startswith("/audit/?q=text:wire&after=-30d")
    assert steps[0].attrs["href"].endswith("&columns=type,ip")
    # Not one that has it longer than it is.
    shorter = look("/audit/?q=text:wire after:-24h", status=503).one("ul", "steps").all("a")
    assert [step.text for step in shorter] == ["Last 6 hours", "Last hour", "Last 15 minutes"]


def test_a_search_is_recorded_with_what_was_asked_and_found(
    host: Flask, add: Add, look: Look
) -> None:
    add(event("a.b"))
    look("/audit/?type=a.b")
    query = Query(type="admin.AUDIT_LOG-ACTION")
    page = of(host).store.find(query, Scope(realm="default", organization_id=None), limit=9)
    (read,) = page.records
    assert read.event.details == {"action": "search", "query": {"type": "a.b"}, "records": 1}
    assert read.event.auth_details
    assert read.event.auth_details.username == "admin@acme.test"


def test_a_reader_of_one_organization_sees_it_and_nothing_of_others(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    add(
        event("hers", organization_id="northwind"),
        event("others", organization_id="x"),
        event("ours"),
    )
    page = look("/audit/", client=nora)
    assert types(page) == ["hers"]
    assert "Organization" not in page.text
    assert page.one("div", "tools").all("span")[0].text == "1 event"
    assert types(look("/audit/?org=x", client=nora)) == []


def test_the_menu_of_realms_has_those_the_reader_may_see(
    host: Flask, look: Look, nora: FlaskClient
) -> None:
    menu = look("/audit/").one("div", "pop-tall")
    assert [a.attrs["href"] for a in menu.all("a")] == [
        "/audit/?realm=default",
        "/audit/?realm=staging",
    ]
    assert look("/audit/", client=nora).all("div", "pop-tall") == []


def test_another_realm_shows_its_own_events_and_stays_chosen(
    host: Flask, add: Add, look: Look
) -> None:
    add(event("there", realm_id="staging"), event("here"))
    page = look("/audit/?realm=staging&type=there")
    assert types(page) == ["there"]
    assert "realm=staging" in page.one("td", "c-time").one("a").attrs["href"]
    assert page.link("Clear all") == "/audit/?realm=staging"
    form = page.one("form", id="search")
    assert form.one("input", name="realm").attrs["value"] == "staging"


def test_a_value_leads_to_more_of_the_same_and_an_actor_and_a_resource_to_their_histories(
    add: Add, look: Look
) -> None:
    add(
        event("a.b", auth_details=MAYA, organization_id="northwind", resource_path="users/7"),
        event("c.d", auth_details=Actor(client_id="worker"), time=NOON - 1),
    )
    page = look("/audit/?error=false")
    assert page.link("a.b") == "/audit/?error=false&q=type:a.b"
    cell = page.all("td", "c-ip")[0].one("a")
    assert cell.attrs["href"] == "/audit/?error=false&q=ip:203.0.113.24"
    assert page.all("td", "c-org")[0].one("a").attrs["href"].endswith("&q=org:northwind")
    assert page.link("maya@acme.test") == "/audit/actor?user=2b80c4de"
    assert page.link("users/7") == "/audit/resource?resource=users/7"
    assert page.link("worker") == "/audit/actor?client=worker"


@pytest.mark.parametrize(
    "search",
    [
        "",
        "q=type:invoice.* -actor:maya@acme.test",
        'q="wire transfer" -details.plan:pro',
        "q=more+%26&type=invoice.charge",
        "details_path=plan&details_value=pro",
        "type=invoice.charge&after=2023-07-10T14:00&zone=Europe/Stockholm",
        # Two o'clock is noon there, before the events; elsewhere it is behind them.
        "q=after:2023-07-10T14:00&zone=Europe/Stockholm",
        "after=-9000d&before=-1h",
        "reads=true&type=invoice.paid",
        "columns=ip,type&limit=1&q=type:invoice.*",
        # What of an unreadable query can be read.
        "q=type:invoice.paid+actr:maya",
    ],
)
def test_a_search_can_be_copied_as_a_link_and_for_curl(
    host: Flask, add: Add, admin: FlaskClient, search: str
) -> None:
    """Who follows either finds what the page shows."""
    add(
        event("invoice.charge", auth_details=MAYA, representation='"wire transfer" & more'),
        event("invoice.paid", details={"plan": "pro"}),
    )
    page = read(admin.get(f"/audit/?{search}", follow_redirects=True).text)
    link = page.one("input", **{"data-copy": "link"}).attrs["value"]
    again = admin.get(link)
    # The address of the page, as it stays.
    assert again.status_code == 200
    assert types(read(again.text)) == types(page)
    header, value, url = given_to_curl(page.one("textarea").text)
    assert (header, value) == ("-H", "Authorization: Bearer secret")
    with host.app_context():
        tokens = of(host).store.tokens
        _, token = tokens.create(name="a", realm="default", permissions=["view-events"])
    answer = host.test_client().get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert [each["type"] for each in answer.get_json()["events"]] == types(page)


def test_the_link_to_a_later_page_is_to_the_first(add: Add, look: Look, nora: FlaskClient) -> None:
    """Whoever follows it may see less, and has other pages."""
    add(*(event("of.northwind", organization_id="northwind") for _ in range(3)))
    page = look(look("/audit/?limit=2").link("Older"))
    link = page.one("input", **{"data-copy": "link"}).attrs["value"]
    assert link == "http://localhost/audit/?limit=2"
    assert given_to_curl(page.one("textarea").text)[-1].endswith("/default/events?limit=2")
    assert nora.get(link).status_code == 200
