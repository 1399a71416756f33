"""Every page in every theme and width: it fits, its controls have names, and nothing complains."""

from __future__ import annotations

import re
import time

import pytest
from flask import request
from playwright.sync_api import BrowserContext
from playwright.sync_api import expect
from playwright.sync_api import Locator
from playwright.sync_api import Page

from flask_auditlog.event import encode
from flask_auditlog.state import of
from tests.browser.test_pages import address as address
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import in_light
from tests.browser.test_pages import make_app
from tests.browser.test_pages import open_row
from tests.browser.test_pages import serving
from tests.browser.test_pages import tab as tab
from tests.browser.test_webhooks import seen
from tests.web.admin.samples import event

pytestmark = pytest.mark.browser

MENU = ("Overview", "Search", "Exports", "Types", "Coverage", "Webhooks", "Tokens", "Settings")


def test_the_menu_leads_to_every_page(tab: Page, complaints: list[str]) -> None:
    menu = tab.get_by_role("navigation", name="Audit log")
    expect(menu.get_by_role("link")).to_have_text(MENU)
    for name in MENU:
        menu.get_by_role("link", name=name).click()
        expect(menu.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        seen(tab)
    assert complaints == []


def test_an_event_leads_to_the_history_of_who_did_it_and_of_what_it_was_done_to(
    tab: Page, complaints: list[str]
) -> None:
    open_row(tab, "tr:has-text('admin.USER-UPDATE') td.c-what")
    tab.get_by_role("link", name="Open the full page").click()
    tab.wait_for_url("**/events/*")
    event = tab.url
    tab.get_by_role("link", name="History").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("alice@acme.test")
    seen(tab)
    tab.goto(event)
    tab.get_by_role("link", name="History").last.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("users/7")
    seen(tab)
    assert complaints == []


@in_light
def test_a_token_is_made_and_ended(tab: Page, complaints: list[str]) -> None:
    tab.get_by_role("link", name="Tokens").click()
    tab.get_by_label("Name", exact=True).fill("siem")
    tab.get_by_label("read events").check()
    tab.get_by_role("button", name="Make the token").click()
    expect(tab.get_by_label("The token")).not_to_have_value("")
    seen(tab)
    tab.get_by_text("Revoke siem").click()
    tab.get_by_role("button", name="End it at once").click()
    expect(tab.locator("tbody")).to_contain_text("Revoked")
    assert complaints == []


@in_light
def test_a_key_of_the_settings_is_on_one_line_and_all_begin_their_value_at_one_place(
    tab: Page,
) -> None:
    tab.get_by_role("link", name="Settings").click()
    keys = tab.locator("tbody th")
    expect(keys.first).to_be_visible()
    tab.wait_for_load_state()
    assert [text for text, number in lines(keys) if number > 1] == []
    assert len(lefts(tab.locator("tbody td:nth-child(2)"))) == 1


@in_light
def test_where_a_route_is_can_be_read_to_its_end(context: BrowserContext, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    name = "of_a_route_whose_name_and_place_together_are_longer_than_their_column"
    app.add_url_rule("/pay", name, lambda: "", methods=["POST"])
    tab = context.new_page()
    with serving(app) as address:
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/coverage")
        place = tab.locator("td", has_text=name)
        expect(place).to_have_text(re.compile(r"\.py:\d+$"))
        assert place.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
        seen(tab)


@in_light
def test_a_value_that_no_facet_shows_is_found_by_completion(
    context: BrowserContext, sqlite_url: str
) -> None:
    app = make_app(sqlite_url)
    with app.app_context():
        of(app).store.append([encode(event(f"a.n{n:02}")) for n in range(12)])
    tab = context.new_page()
    with serving(app) as address:
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/")
        query = tab.get_by_role("combobox", name="Query")
        query.fill("-type:invoice.paid")
        tab.get_by_text("more of").first.click()
        tab.get_by_role("link", name="Find one of").first.click()
        expect(query).to_be_focused()
        expect(query).to_have_value("-type:invoice.paid type:")
        expect(tab.locator("[role=option]").first).to_be_visible()


@in_light
def test_keys_are_heard_as_soon_as_the_page_is_loaded(
    context: BrowserContext, sqlite_url: str
) -> None:
    app = make_app(sqlite_url)

    @app.before_request
    def scripts_come_late() -> None:
        if request.path.endswith("/keys.js"):
            time.sleep(0.5)

    tab = context.new_page()
    with serving(app) as address:
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/", wait_until="load")
        tab.keyboard.press("/")
        expect(tab.locator("#q")).to_be_focused()


@in_light
def test_all_that_a_token_may_do_is_seen(tab: Page, complaints: list[str]) -> None:
    tab.get_by_role("link", name="Tokens").click()
    tab.get_by_label("Name", exact=True).fill("siem")
    for box in tab.get_by_role("checkbox").all():
        box.check()
    tab.get_by_role("button", name="Make the token").click()
    expect(tab.get_by_label("The token")).not_to_have_value("")
    row = tab.locator("tbody th")
    for each in tab.locator(".check").all_inner_texts():
        words = " ".join(each.split())
        place = row.get_by_text(words)
        expect(place).to_be_visible()
        assert place.evaluate("it => it.scrollWidth <= it.clientWidth"), words
    seen(tab)
    assert complaints == []


def lines(found: Locator) -> list[tuple[str, int]]:
    """The text of each element, and on how many lines it stands."""
    return [
        (each["text"], each["lines"])
        for each in found.evaluate_all(
            """all => all.map(it => {
                const range = document.createRange();
                range.selectNodeContents(it);
                const tops = [...range.getClientRects()].map(each => Math.round(each.top));
                return { text: it.textContent, lines: new Set(tops).size };
            })"""
        )
    ]


def lefts(found: Locator) -> set[float]:
    """Where elements begin, in pixels from the left."""
    return {box["x"] for each in found.all() if (box := each.bounding_box())}
