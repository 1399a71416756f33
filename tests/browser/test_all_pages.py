"""Every page in every theme and width: it fits, its controls have names, and nothing complains."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from playwright.sync_api import Page

from tests.browser.test_pages import address as address
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import in_light
from tests.browser.test_pages import open_row
from tests.browser.test_pages import tab as tab
from tests.browser.test_webhooks import seen

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
