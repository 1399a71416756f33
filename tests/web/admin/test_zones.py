"""The time zone that the pages show, and that times are typed in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON

KOLKATA = "zone=Asia/Kolkata"
HOUR = 3_600_000


def test_times_and_days_are_those_of_the_zone(add: Add, look: Look) -> None:
    add(event("late", time=NOON + 7 * HOUR), event("early"))
    page = look(f"/audit/?{KOLKATA}")
    assert [cell.one("time").text for cell in page.all("td", "c-time")] == ["00:45:04", "17:45:04"]
    assert [day.text for day in page.all("tr", "day")] == [
        "Tuesday 11 July 2023",
        "Monday 10 July 2023",
    ]
    assert "Times in Asia/Kolkata" in page.one("footer").text
    assert "Times in UTC" in look("/audit/").one("footer").text


def test_a_time_is_typed_in_the_zone_and_stays_the_same_in_another(
    add: Add, admin: FlaskClient, look: Look
) -> None:
    add(event("in"), event("out", time=NOON - HOUR))
    answer = admin.get(f"/audit/?after=2023-07-10T17:40&before=&{KOLKATA}")
    assert answer.location == "/audit/?after=2023-07-10T12:10:00Z&zone=Asia/Kolkata"
    page = look(answer.location)
    assert [cell.text for cell in page.all("td", "c-type")] == ["in"]
    typed = page.one("form", id="search").one("input", name="after")
    assert typed.attrs["value"] == "2023-07-10T17:40:00"
    assert "17:40" in page.one("ul", "chips").text
    other = look(answer.location.replace("Asia/Kolkata", "UTC"))
    typed = other.one("form", id="search").one("input", name="after")
    assert typed.attrs["value"] == "2023-07-10T12:10:00"


def test_days_of_the_query_are_those_of_the_zone(add: Add, look: Look) -> None:
    add(event("late", time=NOON + 7 * HOUR), event("early"))
    page = look(f"/audit/?q=time:2023-07-11&{KOLKATA}")
    assert [cell.text for cell in page.all("td", "c-type")] == ["late"]


def test_every_link_keeps_the_zone(add: Add, look: Look) -> None:
    add(event(auth_details=MAYA, resource_path="users/7"), event("b", time=NOON + 40 * HOUR))
    page = look(f"/audit/?{KOLKATA}")
    others = [
        a.attrs["href"]
        for a in page.all("a")
        if a.attrs["href"].startswith("/audit") and "zone=Asia" not in a.attrs["href"]
    ]
    assert others == []
    assert page.one("form", id="search").one("input", name="zone").attrs["value"] == "Asia/Kolkata"
    it = look(page.all("td", "c-time")[-1].one("a").attrs["href"])
    assert "Monday 10 July 2023, 17:45:04.000 IST" in it.text
    # Whoever is given the link has a zone of their own.
    assert "zone" not in it.all("input", readonly="")[0].attrs["value"]
    (actor, _) = [a.attrs["href"] for a in it.all("a") if a.text == "History"]
    history = look(actor)
    assert "17:45:04" in history.text


@pytest.mark.parametrize("path", ["/audit/", "/audit/overview", "/audit/types", "/audit/tokens"])
@pytest.mark.parametrize("zone", ["Mars", "../etc/passwd", "%00", "<script>"])
def test_what_is_no_zone_is_refused_on_every_page(look: Look, path: str, zone: str) -> None:
    page = look(f"{path}?zone={zone}", status=400)
    assert "must be the name of a time zone" in page.text
    assert page.scripts == []


def test_a_zone_is_found_in_any_case(add: Add, look: Look) -> None:
    add(event())
    page = look("/audit/?zone=asia/kolkata")
    assert [cell.one("time").text for cell in page.all("td", "c-time")] == ["17:45:04"]
    assert "Times in Asia/Kolkata" in page.one("footer").text


@pytest.mark.parametrize("typed", ["kolkata", "Kolkatta", "asia/kolkatta", "KOLKATA"])
def test_a_city_is_a_fault_of_the_form_that_says_what_was_meant(
    add: Add, look: Look, typed: str
) -> None:
    add(event())
    page = look(f"/audit/?q=type:invoice.*&after=2023-07-10T17:40&zone={typed}", status=400)
    field = page.one("form", id="search").one("input", name="zone")
    assert (field.attrs["value"], field.attrs["aria-invalid"]) == (typed, "true")
    assert "did you mean Asia/Kolkata?" in page.one("*", id="zone-error").text
    assert "tzdata" not in page.text
    assert page.one("input", name="q").attrs["value"] == "type:invoice.*"
    mended = page.one("p", "query-fault").one("a").attrs["href"]
    assert mended == "/audit/?q=type:invoice.*&after=2023-07-10T17:40&zone=Asia/Kolkata"
    assert len(look(mended).all("td", "c-type")) == 1
    # No other link leads back to what is no zone.
    assert [a for a in page.all("a") if f"zone={typed}" in a.attrs.get("href", "")] == []


def test_what_is_suggested_for_nothing_is_in_the_zone_too(add: Add, look: Look) -> None:
    add(event())
    page = look(f"/audit/?after=2023-07-10T12:00:00Z&type=nothing&actor=nobody&{KOLKATA}")
    assert "17:30" in page.one("ul", "chips").text
    page = look(f"/audit/?after=2023-07-10T13:00:00Z&type=invoice.*&{KOLKATA}")
    assert "18:30" in page.one("ul", "steps").text


def test_utc_needs_no_name(admin: FlaskClient) -> None:
    assert admin.get("/audit/?zone=UTC&type=a").location == "/audit/?type=a"
