"""The tail: what comes in while the page is open."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element


def following(page: Element) -> str:
    """Where the page gets what comes in."""
    return page.one("*", "explore-main").attrs["data-tail"]


def types(page: Element) -> list[str]:
    """The types of the rows."""
    return [cell.text for cell in page.all("td", "c-type")]


def test_what_came_in_since_the_page_was_opened_is_given_once(add: Add, look: Look) -> None:
    add(event("a.old"))
    page = look("/audit/?q=type:a.*&columns=type,ip&tail=true")
    assert types(page) == ["a.old"]
    more = look(following(page))
    assert types(more) == []
    # One of them tells of what was before: it comes in now all the same.
    add(event("a.new", time=NOON + 5), event("b.other"), event("a.late", time=NOON - 86_400_000))
    more = look(more.one("table").attrs["data-tail"])
    assert types(more) == ["a.new", "a.late"]
    assert [len(row.all("td")) for row in more.all("tr")[1:2]] == [4]
    assert "since" not in more.all("td", "c-type")[0].one("a").attrs["href"]
    assert types(look(more.one("table").attrs["data-tail"])) == []


def test_without_a_script_the_page_comes_anew(add: Add, look: Look) -> None:
    add(event())
    page = look("/audit/?type=invoice.*")
    assert "data-tail" not in page.one("*", "explore-main").attrs
    assert page.all("meta", **{"http-equiv": "refresh"}) == []
    page = look(page.link("Tail"))
    assert len(page.one("noscript").all("meta", **{"http-equiv": "refresh"})) == 1
    assert page.link("Stop") == "/audit/?type=invoice.*"


@pytest.mark.parametrize("recorded", [False, True], ids=["nothing at all", "nothing found"])
def test_where_nothing_is_found_the_tail_starts_and_stops_too(
    add: Add, look: Look, recorded: bool
) -> None:
    if recorded:
        add(event("b.other"))
    page = look("/audit/?q=type:a.*" if recorded else "/audit/")
    assert types(page) == []
    page = look(page.link("Tail"))
    assert types(page) == []
    assert page.one("button", id="tail-new").attrs["hidden"] == ""
    add(event("a.new"))
    assert types(look(following(page))) == ["a.new"]
    assert "data-tail" not in look(page.link("Stop")).one("*", "explore-main").attrs


@pytest.mark.parametrize("rows", [0, 1])
def test_a_tail_that_is_false_is_none(add: Add, look: Look, rows: int) -> None:
    add(*[event()] * rows)
    page = look("/audit/?tail=false")
    assert "data-tail" not in page.one("*", "explore-main").attrs
    assert page.all("meta", **{"http-equiv": "refresh"}) == []
    assert page.link("Tail") == "/audit/?tail=true"


@pytest.mark.parametrize("value", ["no", "0", "1", "True", "maybe"])
def test_a_tail_that_is_neither_true_nor_false_is_refused(add: Add, look: Look, value: str) -> None:
    add(event())
    page = look(f"/audit/?type=invoice.*&tail={value}", status=400)
    assert "tail must be true or false." in page.one("*", "notice-bad").text
    assert types(page) == []
    assert "data-tail" not in page.one("*", "explore-main").attrs
    # No link leads back to what is no tail.
    assert not [link for link in page.all("a") if "tail=" in link.attrs.get("href", "")]
    assert page.all("input", name="tail") == []


def test_reading_on_does_not_fill_the_log(add: Add, look: Look) -> None:
    add(event())
    address = "/audit/?reads=true&tail=true"
    for _ in range(3):
        page = look(address)
    assert types(page).count("admin.AUDIT_LOG-ACTION") == 1
    for _ in range(2):
        page = look(following(look(address)))
    said = look("/audit/?type=admin.AUDIT_LOG-ACTION")
    assert types(said) == ["admin.AUDIT_LOG-ACTION"]
    assert "followed the audit log" in said.one("td", "c-what").text
    # Another search is another read.
    look("/audit/?type=a&tail=true")
    assert len(types(look("/audit/?type=admin.AUDIT_LOG-ACTION&limit=9"))) == 3


def test_nobody_follows_what_they_may_not_see(add: Add, look: Look, nora: FlaskClient) -> None:
    add(event("ours", organization_id="northwind"))
    mine = following(look("/audit/?tail=true", client=nora))
    everything = following(look("/audit/?tail=true"))
    add(event("theirs", organization_id="globex"), event("more", organization_id="northwind"))
    assert types(look(mine, client=nora)) == ["more"]
    assert nora.get(everything).status_code == 400
    assert nora.get(mine + "&realm=staging").status_code == 403


@pytest.mark.parametrize(
    "query", ["", "since=nonsense", "since=%00", "since=x&typ=a", "since=x&q=("]
)
def test_without_a_cursor_there_is_nothing(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/audit/tail?{query}").status_code == 400
