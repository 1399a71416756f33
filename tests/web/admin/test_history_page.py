"""The history of one actor, or of one resource."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.event import READ_TYPE
from flask_auditlog.redact import MASK
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web import figures
from flask_auditlog.web.admin import history_page
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element

DAY = 24 * 3600 * 1000
HERS = f"/audit/actor?user={MAYA.user_id}"
OTHER = Actor(realm_id="default", user_id="other", username="other@acme.test")
HOSTILE = '"><script>alert(1)</script>\u202eevil'


def stats(page: Element) -> dict[str, str]:
    """The figures at the head of a page."""
    shown = page.one("dl", "stats").all("div")
    return {each.one("dt").text: each.one("span", "big").text for each in shown}


def some(**fields: Any) -> list[Event]:
    """Three events of Maya's on two days, one of them with an error, and one of somebody else."""
    elsewhere = msgspec.structs.replace(MAYA, ip_address="198.51.100.7")
    return [
        event("a.first", time=NOON - DAY, auth_details=MAYA, **fields),
        event("a.second", auth_details=elsewhere, error="no", **fields),
        event("a.third", time=NOON + 1, auth_details=MAYA, **fields),
        event("b.other", auth_details=OTHER, **fields),
    ]


def test_what_somebody_did_is_on_one_page(add: Add, look: Look) -> None:
    add(*some())
    page = look(HERS)
    assert page.one("h1").text == "maya@acme.test"
    shown = stats(page)
    assert (shown["Events"], shown["With an error"], shown["Addresses"]) == ("3", "1", "2")
    types = [row.one("td", "c-type").text for row in page.all("tr") if row.all("td", "c-type")]
    assert types == ["a.third", "a.second", "a.first"]
    first = page.one("dl", "stats").all("time")[0]
    assert first.attrs["datetime"] == "2023-07-09T12:15:04.000Z"
    assert "other" not in page.one("main").text


def test_what_was_done_to_something_is_on_one_page(add: Add, look: Look) -> None:
    add(*some(resource_path="invoices/42"), event(resource_path="invoices/43"))
    page = look("/audit/resource?resource=invoices/42")
    assert page.one("h1").text == "invoices/42"
    assert (stats(page)["Events"], stats(page)["Actors"]) == ("4", "2")


def test_a_resource_is_called_by_its_own_name_alone(add: Add, look: Look) -> None:
    named = event("admin.ITEM-CREATE", resource_path="items/1", details={"name": "Hammer"})
    add(named)
    assert look("/audit/resource?resource=items/1").one("h1").text == "Hammer"
    assert look("/audit/resource?resource=items").one("h1").text == "items"


def test_of_too_many_the_beginning_is_told_as_it_is_known(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "FIRST", 1)
    add(*[event(time=NOON + n, auth_details=MAYA) for n in range(3)])
    assert "or soon after" in look(HERS).text


def test_an_event_leads_to_both(add: Add, look: Look) -> None:
    it = event(auth_details=MAYA, resource_path="invoices/42")
    add(it)
    page = look(f"/audit/events/{it.uid}")
    links = [each.attrs["href"] for each in page.all("a") if each.text == "History"]
    assert links == [HERS, "/audit/resource?resource=invoices/42"]
    for link in links:
        assert it.uid in look(link).one("td", "c-time").one("a").attrs["href"]


def test_an_event_of_nobody_leads_to_nobody(add: Add, look: Look) -> None:
    it = event(auth_details=None, resource_path=None)
    add(it)
    assert "History" not in look(f"/audit/events/{it.uid}").text


def test_a_history_is_of_what_one_may_see(add: Add, look: Look, nora: FlaskClient) -> None:
    add(event("a.hidden", auth_details=MAYA))
    look(HERS, status=404, client=nora)
    add(event("a.seen", auth_details=MAYA, organization_id="northwind"))
    page = look(HERS, client=nora)
    assert stats(page)["Events"] == "1"
    assert "hidden" not in page.text
    look(f"{HERS}&realm=staging", status=403, client=nora)


def test_that_it_was_read_is_recorded(host: Flask, add: Add, look: Look) -> None:
    add(*some())
    look(HERS)
    everything = Scope(realm="default", organization_id=None)
    found = of(host).store.find(Query(type=READ_TYPE, reads=True), everything, limit=10)
    (read,) = [each.event.details for each in found.records]
    assert read == {"action": "search", "query": {"user": MAYA.user_id}, "records": 3}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/audit/actor", 400),
        ("/audit/actor?resource=x", 400),
        ("/audit/actor?user=a&type=b", 400),
        ("/audit/actor?user=", 400),
        ("/audit/actor?user=nobody", 404),
        ("/audit/resource", 400),
        ("/audit/resource?resource=nothing", 404),
    ],
)
def test_what_is_nobody_and_nothing_is_a_page_that_says_so(
    look: Look, path: str, status: int
) -> None:
    assert look(path, status=status).one("h1").text


def test_what_others_wrote_is_inert(add: Add, look: Look) -> None:
    actor = Actor(user_id="x", username=HOSTILE, ip_address=HOSTILE, client_id=HOSTILE)
    texts = {"error": HOSTILE, "resource_path": HOSTILE, "resource_type": HOSTILE}
    add(event(HOSTILE, auth_details=actor, organization_id=HOSTILE, **texts))
    page = look("/audit/actor?user=x")
    assert page.scripts == []
    assert "\u202e" not in page.text
    for element in page.all("*"):
        assert "style" not in element.attrs
        assert "\u202e" not in element.attrs.get("title", "")


def test_what_takes_too_long_to_count_is_not_told_to_be_none(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise QueryTimeout

    for name in ("both", "facets"):
        monkeypatch.setattr(figures, name, give_up)
    add(*some(resource_path="invoices/42"))
    assert stats(look(HERS))["Addresses"] == "not counted"
    assert stats(look("/audit/resource?resource=invoices/42"))["Actors"] == "not counted"


def diffs(page: Element) -> list[list[str]]:
    """What is said below the rows: each field, before and after."""
    lists = page.all("dl", "diff-rows")
    return [[side.text for side in each.all("dt") + each.all("dd")] for each in lists]


def test_a_resource_says_below_each_row_what_changed(add: Add, look: Look) -> None:
    where = {"resource_path": "memberships/12"}
    add(
        event("admin.MEMBERSHIP-READ", **where),
        event(
            "admin.MEMBERSHIP-UPDATE",
            time=NOON + 1,
            details={"changes": {"role": ["member", "admin"]}},
            **where,
        ),
    )
    page = look("/audit/resource?resource=memberships/12")
    assert diffs(page) == [["role", "−member", "+admin"]]
    row = page.one("tr", "row-diff")
    assert [each.text for each in row.all("del")] == ["member"]
    assert [each.text for each in row.all("ins")] == ["admin"]


def test_an_actor_says_so_of_what_was_there_before(add: Add, look: Look) -> None:
    """Of an update: what is new or gone has as many fields as it has."""
    changes = {"role": ["member", "admin"]}
    add(
        *(
            event(
                f"admin.X-{deed}",
                operation_type=deed,
                auth_details=MAYA,
                details={"changes": changes},
            )
            for deed in ("CREATE", "UPDATE", "DELETE")
        )
    )
    page = look("/audit/actor?username=maya@acme.test")
    assert diffs(page) == [["role", "−member", "+admin"]]


def test_what_changed_is_told_as_on_the_page_of_the_event(add: Add, look: Look) -> None:
    changes = {
        "password": [MASK, MASK],
        "note": [None, ""],
        "text": ["short", "long " * 400],
        "tags": {"added": ["vip"], "removed": []},
    }
    add(event(resource_path="users/7", details={"changes": changes}))
    page = look("/audit/resource?resource=users/7")
    (said,) = diffs(page)
    assert said[:4] == ["password", "note", "text", "tags"]
    assert said[4:6] == ["−masked", "+masked, a different value"]
    assert said[6:8] == ["not set", "+empty"]
    assert said[-2:] == ["", "+vip"]
    assert page.one("bdi", "tall").text.startswith("long long")


def test_of_many_changed_fields_the_rest_is_a_click_away(add: Add, look: Look) -> None:
    it = event(
        resource_path="users/7",
        details={"changes": {f"field{n}": [n, n + 1] for n in range(13)}},
    )
    add(it)
    row = look("/audit/resource?resource=users/7").one("tr", "row-diff")
    assert [each.text for each in row.all("dt")] == [f"field{n}" for n in range(10)]
    assert row.one("a").text == "and 3 more fields"
    assert row.one("a").attrs["href"] == f"/audit/events/{it.uid}"


def test_changes_that_others_wrote_are_inert(add: Add, look: Look) -> None:
    add(event(resource_path="x", details={"changes": {HOSTILE: [HOSTILE, [HOSTILE]]}}))
    page = look("/audit/resource?resource=x")
    assert page.scripts == []
    assert "\u202e" not in page.text
    assert "\\u202eevil" in page.one("dl", "diff-rows").text


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (HERS, f"user={MAYA.user_id}"),
        ("/audit/resource?resource=invoices/42", "resource=invoices/42"),
    ],
)
def test_all_of_a_history_can_be_exported(add: Add, look: Look, path: str, asked: str) -> None:
    add(*some(resource_path="invoices/42"))
    (link,) = [each for each in look(path).all("a", "btn") if each.text == "Export"]
    assert link.attrs["href"] == f"/audit/exports?{asked}"


def at(time: int, session: str, ip: str, type_: str = "a.b", **fields: Any) -> Event:
    """Something that Maya did in a session, from an address."""
    actor = msgspec.structs.replace(MAYA, session_id=session, ip_address=ip)
    return event(type_, time=time, auth_details=actor, **fields)


def panel(page: Element, name: str) -> Element:
    """The panel under a heading."""
    return page.one("section", "panel", **{"aria-labelledby": name})


def test_an_actor_has_sessions_with_their_times_and_a_search_for_each(add: Add, look: Look) -> None:
    add(
        at(NOON, "one", "203.0.113.24"),
        at(NOON + 60_000, "two", "203.0.113.24"),
        at(NOON + 120_000, "one", "10.0.0.7"),
    )
    page = look(HERS)
    assert stats(page)["Sessions"] == "2"
    rows = panel(page, "sessions").one("tbody").all("tr")
    assert [[cell.text for cell in row.all("td")][0::4] for row in rows] == [
        ["two", "1"],
        ["one", "2"],
    ]
    times = [time.attrs["datetime"] for time in rows[1].all("time")]
    assert times == ["2023-07-10T12:15:04.000Z", "2023-07-10T12:17:04.000Z"]
    assert rows[1].all("td")[3].text == "2 min"
    found = look(rows[1].one("a").attrs["href"])
    assert len(found.all("td", "c-time")) == 2


def test_an_actor_has_addresses_with_their_times_and_a_search_for_each(
    add: Add, look: Look
) -> None:
    add(
        at(NOON, "one", "203.0.113.24"),
        at(NOON + 60_000, "two", "10.0.0.7"),
        at(NOON + 120_000, "one", "203.0.113.24"),
    )
    first, second = panel(look(HERS), "ips").all("li")
    assert first.text.startswith("10.0.0.71IPv4, private, ")
    assert second.text.startswith("203.0.113.242IPv4, for documentation, ")
    times = [time.attrs["datetime"] for time in second.all("time")]
    assert times == ["2023-07-10T12:15:04.000Z", "2023-07-10T12:17:04.000Z"]
    found = look(second.one("a").attrs["href"])
    assert len(found.all("td", "c-time")) == 2


def test_sessions_are_of_what_one_may_see(add: Add, look: Look, nora: FlaskClient) -> None:
    add(
        at(NOON, "hers", "203.0.113.24", organization_id="northwind"),
        at(NOON, "elsewhere", "10.0.0.7"),
    )
    page = look(HERS, client=nora)
    assert stats(page)["Sessions"] == "1"
    assert "elsewhere" not in page.text
    assert "10.0.0.7" not in page.text


def test_of_too_many_events_sessions_are_those_of_the_newest(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "LOOKED_AT", 2)
    add(*[at(NOON + n, f"s{n}", "203.0.113.24") for n in range(3)])
    said = panel(look(HERS), "sessions").one("header").text
    assert said == "Sessions2 in the newest 2 events"


def test_an_actor_without_sessions_has_no_list_of_them(add: Add, look: Look) -> None:
    add(event(auth_details=Actor(user_id="x", ip_address="10.0.0.7")))
    page = look("/audit/actor?user=x")
    assert page.all("section", "panel", **{"aria-labelledby": "sessions"}) == []
    assert panel(page, "ips").one("li").text.startswith("10.0.0.7")


def test_what_is_new_for_an_actor_is_said_first(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "now", lambda: NOON)
    old = [at(NOON - 30 * DAY, "old", "203.0.113.24"), at(NOON, "old", "203.0.113.24")]
    add(*old)
    assert look(HERS).one("main").all("div", "notice") == []
    add(*[at(NOON - n, "new", "10.0.0.7", f"new.t{n}") for n in range(5)])
    (notice,) = look(HERS).one("main").all("div", "notice")
    assert notice.text == (
        "Not seen of this actor before the last 24 hours: "
        "Addresses 10.0.0.7; Types new.t0, new.t1, new.t2 and 2 more"
    )
    assert len(look(notice.all("a")[0].attrs["href"]).all("td", "c-time")) == 5


def test_of_an_actor_never_seen_before_nothing_is_called_new(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "now", lambda: NOON)
    add(at(NOON - 1000, "new", "10.0.0.7"), at(NOON, "newer", "10.0.0.8"))
    assert look(HERS).one("main").all("div", "notice") == []


def test_what_takes_too_long_leaves_the_addresses_without_times(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise QueryTimeout

    monkeypatch.setattr(figures, "spans", give_up)
    add(*some())
    page = look(HERS)
    assert "Sessions" not in stats(page)
    assert panel(page, "f-ip").one("h2").text == "Addresses"


def test_the_last_seven_days_of_an_actor_are_drawn_by_hour(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "now", lambda: NOON + 1000)
    add(*some(), event("a.old", time=NOON - 7 * DAY, auth_details=MAYA))
    page = look(f"{HERS}&zone=Asia/Kolkata")
    strip = panel(page, "hours")
    titles = [cell.one("title").text for cell in strip.all("svg", "chart")[0].all("a")]
    assert len(titles) == 6 * 24 + 18
    assert titles[-1] == "Mon 10 Jul, 17:00: 2 events, 1 with an error"
    assert strip.one("figcaption").text == f"Most of them: {titles[-1]}. Times in Asia/Kolkata."
    rows = [row.text for row in strip.one("tbody").all("tr")]
    assert rows == ["Sun 9 Jul, 17:0010", "Mon 10 Jul, 17:0021"]
    for link in (strip.one("tbody").all("a")[1], strip.all("svg", "chart")[0].all("a")[-1]):
        found = look(link.attrs["href"])
        assert [cell.text for cell in found.all("td", "c-type")] == ["a.third", "a.second"]
    assert "zone=Asia/Kolkata" in link.attrs["href"]


def test_without_events_in_the_week_and_of_a_resource_nothing_is_drawn_by_hour(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "now", lambda: NOON + 1000)
    add(*some(resource_path="invoices/42"))
    assert "Activity by hour" not in look("/audit/resource?resource=invoices/42").text
    monkeypatch.setattr(history_page, "now", lambda: NOON + 8 * DAY)
    assert "Activity by hour" not in look(HERS).text


def test_hours_that_were_not_counted_say_so(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "now", lambda: NOON + 1000)
    monkeypatch.setattr(figures, "LOOKED_AT", 1)
    add(*[event(time=NOON - n * DAY // 12, auth_details=MAYA) for n in (0, 1, 15)])
    strip = panel(look(HERS), "hours")
    assert "not counted" in strip.one("ul", "legend").text
    assert strip.all("rect", "f-unknown") != []
    titles = [each.text for each in strip.all("title")]
    assert titles[0] == "Tue 4 Jul, 00:00: not counted"
    assert titles[-1] == "Mon 10 Jul, 12:00: 1 event, none with an error"


def test_hours_that_take_too_long_to_count_are_left_out(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise QueryTimeout

    add(*some())
    monkeypatch.setattr(of(host).store.figures, "histogram", slow)
    assert "Activity by hour" not in look(HERS).text
