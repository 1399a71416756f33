"""The overview: what happened, who failed to log in, what is new."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Actor
from flask_auditlog.event import READ_TYPE
from flask_auditlog.event import STARTED
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web.admin.moments import iso
from flask_auditlog.web.admin.moments import now
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.screen import Element

PAGE = "/audit/overview"
HOUR = 3600 * 1000
HOSTILE = '"><script>alert(1)</script>\u202eevil'


def stats(page: Element) -> dict[str, str]:
    """The figures at the head of the page."""
    shown = page.all("dl", "stats")[0].all("div")
    return {each.one("dt").text: each.one("span", "big").text for each in shown}


def panel(page: Element, name: str) -> Element:
    """One of its panels."""
    (found,) = [each for each in page.all("section") if each.attrs["aria-labelledby"] == name]
    return found


def test_the_last_day_is_seen_at_a_glance(add: Add, look: Look) -> None:
    at = now()
    add(
        event("a.old", time=at - 48 * HOUR, auth_details=MAYA),
        event("a.old", time=at - 2 * HOUR, auth_details=MAYA),
        event("a.new", time=at - HOUR, auth_details=MAYA),
        event("access.LOGIN_ERROR", time=at - HOUR, auth_details=MAYA, error="invalid_password"),
        event("access.LOGIN_ERROR", time=at - 48 * HOUR, auth_details=MAYA),
    )
    page = look(PAGE)
    shown = stats(page)
    assert (shown["Events"], shown["With an error"], shown["Failed logins"]) == ("3", "1", "1")
    assert "Whyinvalid_password 1" in panel(page, "failed").text
    (new,) = panel(page, "new").all("li")
    assert new.text.startswith("a.newfirst at ")
    assert new.one("time").attrs["datetime"] == iso(at - HOUR)
    (row,) = panel(page, "actors").one("tbody").all("tr")
    told = [each.text for each in row.all("td")]
    assert told == ["maya@acme.test", "none", "3", "1", "", "1h ago"]
    assert look(row.one("a").attrs["href"]).one("h1").text == "maya@acme.test"
    assert panel(page, "activity").all("svg")


def deltas(page: Element) -> dict[str, str]:
    """What stands below the figures."""
    shown = page.all("dl", "stats")[0].all("div")
    return {each.one("dt").text: each.text for each in shown}


def test_figures_are_compared_with_the_time_before(host: Flask, add: Add, look: Look) -> None:
    at = now()
    add(
        event("a", time=at - 60 * HOUR),
        *(event("a", time=at - 30 * HOUR, auth_details=MAYA) for _ in range(20)),
        *(event("a", time=at - 3 * HOUR, auth_details=MAYA) for _ in range(24)),
        event("access.LOGIN_ERROR", time=at - 26 * HOUR, error="invalid_password"),
        event("access.LOGIN_ERROR", time=at - HOUR, error="invalid_password"),
        # Its owner sees this alone, and would else be told of the others.
        event("a", time=at - HOUR, organization_id="northwind"),
    )
    for followed in (0, 99):
        with host.app_context():
            of(host).store.hours.follow(limit=followed)
        page = look(PAGE)
        shown = deltas(page)
        assert shown["Events"] == "Events26+24% on the day before"
        assert shown["With an error"] == "With an error11 in the day before"
        assert shown["Failed logins"] == "Failed logins11 in the day before"
        assert shown["Active people"] == "Active people11 in the day before"
        assert len(page.all("dl", "stats")[0].all("polyline")) == 3


def test_a_log_that_is_younger_is_compared_with_nothing(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    at = now()
    add(
        event("a", time=at - 60 * HOUR),
        event("a", time=at - 30 * HOUR, organization_id="northwind"),
        event("a", time=at - HOUR, organization_id="northwind"),
    )
    assert deltas(look(PAGE))["Events"] == "Events11 in the day before"
    assert deltas(look(PAGE, client=nora))["Events"] == "Events1"


def test_what_was_not_all_counted_has_no_trend(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    add(*(event("a", time=at - hours * HOUR // 4) for hours in range(1, 20)))
    monkeypatch.setattr("flask_auditlog.web.figures.LOOKED_AT", 2)
    page = look(f"{PAGE}?range=hour")
    assert deltas(page)["Events"] == "Eventsover 2"
    assert page.all("dl", "stats")[0].all("polyline") == []


def test_names_that_fail_to_log_in_are_told_with_the_reason_and_from_where(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    def failed(name: str, address: str, **more: Any) -> Any:
        details = {"username": name}
        who = Actor(realm_id="default", ip_address=address)
        said = {"error": "user_not_found", "details": details, "auth_details": who} | more
        return event("access.LOGIN_ERROR", time=now() - HOUR, **said)

    add(
        *(failed("root", f"203.0.113.{n}") for n in range(3)),
        failed("tomas@acme.test", "198.51.100.77", error="invalid_password: it is another"),
        failed("", "203.0.113.1", details={"username": 7}),
        event("access.LOGIN_ERROR", time=now() - HOUR, auth_details=MAYA),
        failed("nils@northwind.test", "203.0.113.1", organization_id="northwind"),
    )
    page = look(PAGE)
    shown = [each.text for each in panel(page, "failed").all("li")]
    assert shown == [
        "root3user_not_found, 3 addresses",
        "no name told1user_not_found, 203.0.113.1",
        "maya@acme.test1203.0.113.24",
        "nils@northwind.test1user_not_found, 203.0.113.1",
        "tomas@acme.test1invalid_password, 198.51.100.77",
    ]
    for each in panel(page, "failed").all("li"):
        for link in each.all("a"):
            results = look(link.attrs["href"])
            assert (
                results.one("figure", "chart-box")
                .one("figcaption")
                .text.startswith(each.one("span", "num").text)
            )
    assert [each.text for each in panel(look(PAGE, client=nora), "failed").all("li")] == [
        "nils@northwind.test1user_not_found, 203.0.113.1"
    ]


def test_names_that_fail_are_told_of_the_newest_and_that_is_said(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.web.admin.overview.failed_logins.READ", 7)
    monkeypatch.setattr("flask_auditlog.web.admin.overview.failed_logins.SHOWN", 2)
    at = now() - HOUR
    names = [{"username": each} for each in "abccccdd"]
    add(*(event("access.LOGIN_ERROR", time=at + n, details=each) for n, each in enumerate(names)))
    shown = panel(look(PAGE), "failed")
    assert [each.text[:2] for each in shown.all("li")] == ["c4", "d2"]
    assert shown.one("p", "why").text == "and 1 more name in the newest 7 failed logins"
    assert shown.one("header").one("a").text == "All 8"


def test_actors_are_told_with_what_failed_and_for_whom(add: Add, look: Look) -> None:
    at = now()
    add(
        *(event("a", time=at - n * HOUR, auth_details=MAYA) for n in range(1, 20)),
        event("a", time=at - 20 * HOUR, auth_details=MAYA, error="denied"),
        event("a", time=at - HOUR // 2, auth_details=MAYA, organization_id="northwind"),
        event("a", time=at - 40 * HOUR, auth_details=MAYA),
        *(event("a", time=at - 1, auth_details=Actor(username=f"user-{n}")) for n in range(7)),
    )
    page = look(PAGE)
    rows = panel(page, "actors").one("tbody").all("tr")
    assert len(rows) == 6
    assert [each.text for each in rows[0].all("td")] == [
        *("maya@acme.test", "northwind", "21", "1", "", "30m ago")
    ]
    assert rows[0].all("polyline")
    assert panel(page, "actors").one("header").text == "Top actors6 of 8"


def test_what_there_is_no_time_for_is_not_told_of_actors(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.web.admin.overview_page.SECONDS", 0)
    add(event("a", time=now() - HOUR, auth_details=MAYA, error="denied"))
    page = look(PAGE)
    (row,) = panel(page, "actors").one("tbody").all("tr")
    assert [each.text for each in row.all("td")] == [
        *("maya@acme.test", "", "1", "not counted", "", "")
    ]
    assert "There was no time to look at all types." in panel(page, "new").text
    assert stats(page)["Events"] == "1"
    assert stats(page)["Failed logins"] == "not counted"


@pytest.mark.parametrize("remembered", [1000, 1])
def test_new_types_are_those_that_were_not_there_before_the_range(
    add: Add, look: Look, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr("flask_auditlog.web.admin.overview.new_types.REMEMBERED", remembered)
    at = now()
    add(
        event("a.of-last-month", time=at - 30 * 24 * HOUR),
        event("a.of-yesterday", time=at - 30 * HOUR),
        event("a.also", time=at - 30 * HOUR),
        *(
            event(f"a.{each}", time=at - n * HOUR)
            for n, each in enumerate(("of-last-month", "of-yesterday", "late", "early"), 1)
        ),
    )
    shown = panel(look(PAGE), "new").all("li")
    assert [each.one("a").text for each in shown] == ["a.late", "a.early"]


def legend(page: Element) -> dict[str, Element]:
    """The classes of the activity, by their words."""
    shown = panel(page, "activity").one("ul", "legend").all("a")
    return {each.all("span")[0].text: each for each in shown}


def numbers(page: Element) -> dict[str, int]:
    """The same, as their numbers."""
    told = {name: each.one("span", "quiet").text for name, each in legend(page).items()}
    return {name: int(number) for name, number in told.items()}


@pytest.mark.parametrize("wanted", ["hour", "week"])
@pytest.mark.parametrize("followed", [0, 99])
def test_activity_is_stacked_by_class_and_adds_up_to_what_a_search_finds(
    host: Flask, add: Add, look: Look, wanted: str, followed: int
) -> None:
    at = now() - HOUR // 2
    add(
        *(event("access.LOGIN", time=at) for _ in range(3)),
        event("access.LOGIN_ERROR", time=at, error="invalid_password"),
        *(event("admin.USER-UPDATE", time=at) for _ in range(2)),
        event("system.MAINTENANCE", time=at),
        *(event(each, time=at) for each in ("invoice.paid", "accessory.sold", "a", "systemic.x")),
        event("own.type", time=at, organization_id="northwind"),
        # These are hidden, unless their type is asked for.
        *(event(each, time=at, source="system") for each in (READ_TYPE, STARTED)),
    )
    with host.app_context():
        of(host).store.hours.follow(limit=followed)
    page = look(f"{PAGE}?range={wanted}")
    told = numbers(page)
    failed = told.pop("with an error")
    assert told == {"access": 4, "admin": 2, "system": 1, "own types": 5}
    assert failed == 1
    assert stats(page)["Events"] == "12"
    for name, number in (told | {"with an error": failed}).items():
        results = look(legend(page)[name].attrs["href"])
        assert results.one("figure", "chart-box").one("figcaption").text.startswith(f"{number} ")


def test_a_bar_of_the_activity_tells_its_classes_and_searches_in_its_time(
    add: Add, look: Look
) -> None:
    at = now() - 30 * 60_000
    add(event("access.LOGIN", time=at), event("own.type", time=at, error="denied"))
    add(event("admin.USER-UPDATE", time=at - 20 * 60_000))
    activity = panel(look(f"{PAGE}?range=hour"), "activity")
    drawn = [
        each for each in activity.one("svg", "chart").all("a") if "(" in each.one("title").text
    ]
    assert [each.one("title").text.partition(": ")[2] for each in drawn] == [
        "1 event, none with an error (admin 1)",
        "2 events, 1 with an error (access 1, own types 1)",
    ]
    results = look(drawn[1].attrs["href"])
    assert len(results.one("table", "events").all("input", type="checkbox")) >= 2
    table = activity.one("table")
    assert [each.text for each in table.all("th", scope="col")] == [
        *("When", "Events", "access", "admin", "system", "own types", "With an error")
    ]
    told = [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]
    assert told == [["1", "0", "1", "0", "0", "0"], ["2", "1", "0", "0", "1", "1"]]


def test_activity_of_an_organization_is_told_whole(
    host: Flask, add: Add, look: Look, nora: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    add(
        *(
            event("access.LOGIN", time=at - n * 24 * HOUR, organization_id="northwind")
            for n in range(6)
        ),
        event("access.LOGIN", time=at - HOUR),
    )
    with host.app_context():
        of(host).store.hours.follow(limit=99)
    monkeypatch.setattr("flask_auditlog.web.figures.LOOKED_AT", 2)
    page = look(f"{PAGE}?range=week", client=nora)
    assert stats(page)["Events"] == "6"
    shown = [each.text for each in panel(page, "activity").one("ul", "legend").all("li")]
    assert shown == ["access 2+", "admin 0+", "system 0+", "own types 0+", "class not counted 4"]


def test_activity_that_takes_too_long_by_class_is_told_without(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = of(host).store.figures

    def both(*_: object, **__: object) -> None:
        raise QueryTimeout

    add(event("access.LOGIN", time=now() - 1))
    monkeypatch.setattr(figures, "both", both)
    page = look(PAGE)
    assert stats(page)["Events"] == "1"
    assert "class not counted 1" in panel(page, "activity").text


def test_the_range_is_chosen(add: Add, look: Look) -> None:
    add(event(time=now() - 48 * HOUR), event(time=now() - HOUR // 2))
    assert stats(look(PAGE))["Events"] == "1"
    assert stats(look(look(PAGE).link("Week")))["Events"] == "2"
    ranges = look(f"{PAGE}?range=never").one("nav", "group")
    assert ranges.one("a", **{"aria-current": "true"}).text == "Day"


def test_an_empty_log_is_no_error(look: Look) -> None:
    page = look(PAGE)
    assert stats(page)["Failed logins"] == "0"
    assert "None." in panel(page, "failed").text
    told = panel(page, "deliveries")
    assert "There is no webhook yet" in told.text
    # The next step is that of somebody else here.
    assert "Somebody who may change them (manage-events) makes one." in told.text
    assert "New webhook" not in told.text


def test_a_customer_sees_no_more_than_their_own(add: Add, look: Look, nora: FlaskClient) -> None:
    at = now()
    add(
        event("a.hidden", time=at - 1, auth_details=MAYA),
        event("access.LOGIN_ERROR", time=at - 1, auth_details=MAYA),
        event("a.seen", time=at - 1, organization_id="northwind"),
    )
    page = look(PAGE, client=nora)
    assert stats(page)["Events"] == "1"
    assert stats(page)["Failed logins"] == "0"
    assert "hidden" not in page.text
    assert "maya" not in page.text
    # The number of all records would tell of the others, and so would their names.
    assert [each.text for each in panel(page, "log").all("dt")] == ["Newest event"]
    assert "Organization" not in panel(page, "actors").text
    look(f"{PAGE}?realm=staging", status=403, client=nora)


def test_what_takes_too_long_is_left_out(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facets(*_: object, **__: object) -> None:
        raise QueryTimeout

    add(event(time=now() - 1))
    for name in ("both", "facets", "histogram"):
        monkeypatch.setattr(of(host).store.figures, name, facets)
    page = look(PAGE)
    shown = stats(page)
    assert [shown[each] for each in ("With an error", "Failed logins", "Active people")] == [
        *["not counted"] * 3
    ]
    assert "This takes too long to count." in panel(page, "failed").text


def test_a_type_that_looks_like_a_pattern_is_not_searched_for(add: Add, look: Look) -> None:
    add(event("a.*", time=now() - 1))
    assert panel(look(PAGE), "new").all("li") == []


def test_that_it_was_read_is_recorded(host: Flask, add: Add, look: Look) -> None:
    add(event(time=now() - 1))
    look(PAGE)
    everything = Scope(realm="default", organization_id=None)
    found = of(host).store.find(Query(type=READ_TYPE, reads=True), everything, limit=10)
    (read,) = [each.event.details or {} for each in found.records]
    assert (read["action"], read["records"], list(read["query"])) == ("facets", 1, ["after"])


def test_what_others_wrote_is_inert(add: Add, look: Look) -> None:
    at = now()
    add(
        event(HOSTILE, time=at - 1, error=HOSTILE),
        event("access.LOGIN_ERROR", time=at - 1, error=HOSTILE, details={"username": HOSTILE}),
        event("a", time=at - 1, auth_details=Actor(username=HOSTILE), organization_id=HOSTILE),
        event("a", time=at - 1, auth_details=Actor(user_id="x" * 5000)),
    )
    page = look(PAGE)
    assert page.scripts == []
    assert "\u202e" not in page.text
