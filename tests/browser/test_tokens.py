"""Tokens on any screen: made, seen, ended."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from playwright.sync_api import Page

from tests.browser.test_pages import address as address
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import in_light_and_narrow
from tests.browser.test_pages import tab as tab

pytestmark = pytest.mark.browser


@in_light_and_narrow
def test_a_token_is_made_and_ended(tab: Page, complaints: list[str]) -> None:
    tab.get_by_role("link", name="Tokens").click()
    tab.get_by_label("Name", exact=True).fill("siem")
    tab.get_by_label("read events").check()
    tab.get_by_role("button", name="Make the token").click()
    expect(tab.get_by_text("siem is made.")).to_be_visible()
    tab.locator("summary", has_text="Revoke").click()
    tab.get_by_role("button", name="End it at once").click()
    expect(tab.get_by_text("Revoked", exact=True)).to_be_visible()
    assert complaints == []
