"""The drawer beside the results: it opens, moves, closes, and stands in the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from playwright.sync_api import Locator
from playwright.sync_api import Page

from tests.browser.test_axe import faults
from tests.browser.test_pages import address as address
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import fits
from tests.browser.test_pages import in_light
from tests.browser.test_pages import in_light_and_narrow
from tests.browser.test_pages import open_row
from tests.browser.test_pages import ready
from tests.browser.test_pages import tab as tab

pytestmark = pytest.mark.browser


def drawer(tab: Page) -> Locator:
    """The drawer, where it is open."""
    return tab.get_by_role("dialog")


def test_it_says_what_happened_and_axe_finds_nothing(tab: Page, complaints: list[str]) -> None:
    open_row(tab, "tr:has-text('admin.USER-UPDATE') td.c-what")
    expect(drawer(tab)).to_have_accessible_name("alice@acme.test changed 1 field of user 7")
    expect(drawer(tab).locator("del")).to_have_text("member")
    expect(drawer(tab).locator("ins")).to_have_text("owner")
    expect(drawer(tab)).to_contain_text("IPv4, this machine")
    assert fits(tab)
    assert faults(tab) == []
    drawer(tab).get_by_text("Show it").click()
    expect(drawer(tab).get_by_label("The stored bytes")).to_contain_text('"resourcePath"')
    assert faults(tab) == []
    assert complaints == []


@in_light_and_narrow
def test_escape_closes_it_and_the_focus_is_where_it_was(tab: Page) -> None:
    before = tab.url
    row = tab.locator("td.c-time a").nth(1)
    row.focus()
    tab.keyboard.press("Enter")
    expect(drawer(tab).get_by_role("heading").first).to_be_focused()
    expect(tab).to_have_url(re.compile(r"\?open=[0-9a-f-]{36}$"))
    tab.keyboard.press("Escape")
    expect(drawer(tab)).to_be_hidden()
    expect(row).to_be_focused()
    expect(tab).to_have_url(before)


@in_light
def test_the_next_row_and_the_one_before_open_in_it(tab: Page) -> None:
    tab.locator("td.c-time a").first.focus()
    tab.keyboard.press("o")
    expect(drawer(tab)).to_be_visible()
    expect(tab.get_by_role("button", name="Event above")).to_be_disabled()
    rows = tab.locator("tbody tr:not(.day)")
    for key, row in (("j", 1), ("j", 2), ("k", 1)):
        tab.keyboard.press(key)
        expect(rows.nth(row)).to_have_class(re.compile("is-open"))
    button = tab.get_by_role("button", name="Event below")
    button.click()
    expect(rows.nth(2)).to_have_class(re.compile("is-open"))
    expect(button).to_be_focused()
    # The one that was looked at last.
    tab.keyboard.press("Escape")
    expect(rows.nth(2).locator(".c-time a")).to_be_focused()


@in_light_and_narrow
def test_its_address_opens_it_again_and_back_closes_it(tab: Page) -> None:
    tab.locator("td.c-time a").first.click()
    expect(drawer(tab)).to_be_visible()
    name = drawer(tab).get_by_role("heading").first.inner_text()
    tab.reload()
    expect(drawer(tab)).to_have_accessible_name(name)
    tab.goto(tab.url)
    expect(drawer(tab)).to_have_accessible_name(name)
    drawer(tab).get_by_role("button", name="Close").click()
    expect(drawer(tab)).to_be_hidden()
    assert "open=" not in tab.url
    tab.locator("td.c-time a").nth(1).click()
    expect(drawer(tab)).to_be_visible()
    tab.go_back()
    expect(drawer(tab)).to_be_hidden()
    tab.go_forward()
    expect(drawer(tab)).to_be_visible()


@in_light
def test_what_is_around_the_event_opens_in_it_too(tab: Page) -> None:
    open_row(tab, "tr:has-text('invoice.paid') td.c-what")
    drawer(tab).get_by_role("navigation").get_by_role("link", name=re.compile("Actor")).click()
    expect(drawer(tab).locator(".tabs [aria-current]")).to_contain_text("Actor")
    drawer(tab).locator(".line a.type", has_text="admin.USER-UPDATE").click()
    expect(drawer(tab)).to_have_accessible_name("alice@acme.test changed 1 field of user 7")
    drawer(tab).get_by_role("button", name="Copy JSON").click()
    expect(drawer(tab).get_by_role("button", name="Copy JSON")).to_have_text("Copied")


@in_light
def test_a_search_that_is_changed_forgets_what_was_open(tab: Page) -> None:
    tab.goto(tab.url + "?q=type:invoice.*")
    ready(tab)
    tab.locator("td.c-time a").first.click()
    expect(drawer(tab)).to_be_visible()
    assert "?q=type:invoice.*&open=" in tab.url
    tab.get_by_role("link", name="Remove type invoice.*").click()
    tab.wait_for_url("**/audit/")
    expect(drawer(tab)).to_be_hidden()


@in_light
def test_an_event_that_is_not_there_is_told_by_its_own_page(tab: Page) -> None:
    tab.goto(tab.url + "?open=01893fd4-6386-7c41-9b0e-5d2f8a31c7e6")
    tab.wait_for_url("**/events/01893fd4-6386-7c41-9b0e-5d2f8a31c7e6")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    tab.go_back()
    tab.goto(tab.url.partition("/audit/")[0] + "/audit/?open=../../elsewhere")
    expect(tab.locator("td.c-time a").first).to_be_visible()
    expect(drawer(tab)).to_be_hidden()


@in_light_and_narrow
@pytest.mark.parametrize("path", ["actor?user=1", "resource?resource=invoices/42"])
def test_a_row_of_a_history_opens_beside_the_others_too(
    tab: Page, path: str, complaints: list[str]
) -> None:
    tab.goto(f"{tab.url}{path}")
    ready(tab)
    row = tab.get_by_role("row", name="invoice.paid").locator(".c-time a")
    row.focus()
    tab.keyboard.press("o")
    expect(drawer(tab)).to_have_accessible_name("invoice.paid on invoices/42 by alice@acme.test")
    expect(tab).to_have_url(re.compile(rf"/audit/{re.escape(path)}&open=[0-9a-f-]{{36}}$"))
    assert fits(tab)
    assert faults(tab) == []
    tab.reload()
    expect(drawer(tab)).to_be_visible()
    tab.keyboard.press("Escape")
    expect(drawer(tab)).to_be_hidden()
    expect(row).to_be_focused()
    assert tab.url.endswith(path)
    assert complaints == []
