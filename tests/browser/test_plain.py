"""Who has no script does the main deed of each page: one reader, in one app."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import Page

from tests.browser.test_pages import make_app
from tests.browser.test_pages import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(browser: Browser, sqlite_url: str) -> Iterator[Page]:
    """A tab without JavaScript, of an app that sends few events at once."""
    context = browser.new_context(java_script_enabled=False)
    with serving(make_app(sqlite_url, AUDITLOG_LIMITS={"export_events": 2})) as address:
        tab = context.new_page()
        tab.set_default_timeout(15_000)
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/")
        yield tab
    context.close()


def go(tab: Page, name: str) -> None:
    """Go to a page by the menu."""
    tab.get_by_role("navigation", name="Audit log").get_by_role("link", name=name).click()


def test_the_main_deed_of_each_page_needs_no_script(plain: Page) -> None:
    searches(plain)
    keeps_a_view(plain)
    reads_an_event(plain)
    looks_around(plain)
    makes_and_ends_a_token(plain)
    makes_an_export(plain)


def searches(tab: Page) -> None:
    """The query, a facet and a chip."""
    tab.get_by_label("Query").fill("type:invoice.paid")
    tab.get_by_role("button", name="Search").first.click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])
    go(tab, "Search")
    tab.locator("#facets").get_by_role("link", name=re.compile("invoice.paid")).first.click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])


def keeps_a_view(tab: Page) -> None:
    """A search is kept, found again and deleted."""
    views = tab.get_by_role("navigation", name="Saved views")
    tab.get_by_text("Save view…").click()
    tab.get_by_label("Name", exact=True).fill("Invoices")
    tab.get_by_role("button", name="Save this search").click()
    views.get_by_role("link", name="All events").click()
    views.get_by_role("link", name="Invoices").click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])
    tab.get_by_text("Delete view…").click()
    tab.get_by_role("button", name="Delete it").click()
    expect(views.get_by_role("link", name="Invoices")).to_have_count(0)


def reads_an_event(tab: Page) -> None:
    """A row leads to its event, and that to whoever did it and to what it was done to."""
    go(tab, "Search")
    tab.locator("tr:has-text('admin.USER-UPDATE') td.c-time a").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("user 7")
    event = tab.url
    tab.get_by_role("link", name="History").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("alice@acme.test")
    tab.goto(event)
    tab.get_by_role("link", name="History").last.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("users/7")


def looks_around(tab: Page) -> None:
    """The pages that tell of the log, and lead back to its events."""
    go(tab, "Overview")
    expect(tab.locator("main")).to_contain_text("alice@acme.test")
    go(tab, "Types")
    tab.locator("main").get_by_role("link", name="invoice.paid").first.click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])
    go(tab, "Coverage")
    expect(tab.locator("main")).to_contain_text("access.LOGIN")
    go(tab, "Settings")
    expect(tab.locator("main")).to_contain_text("AUDITLOG_LIMITS")


def makes_and_ends_a_token(tab: Page) -> None:
    """A token is shown once, and ended."""
    go(tab, "Tokens")
    tab.get_by_label("Name", exact=True).fill("siem")
    tab.get_by_label("read events").check()
    tab.get_by_role("button", name="Make the token").click()
    expect(tab.get_by_label("The token")).not_to_have_value("")
    tab.locator("summary", has_text="Revoke").click()
    tab.get_by_role("button", name="End it at once").click()
    expect(tab.locator("tbody")).to_contain_text("Revoked")


def makes_an_export(tab: Page) -> None:
    """A file that is too large to be sent at once."""
    go(tab, "Exports")
    tab.get_by_label("NDJSON").check()
    tab.get_by_role("button", name="Download").click()
    tab.get_by_role("button", name="Make the file").click()
    ready = tab.get_by_role("link", name="Download NDJSON")
    # The page is asked for again by itself.
    expect(ready).to_be_visible(timeout=30_000)
    with tab.expect_download() as fetched:
        ready.click()
    assert len(fetched.value.path().read_bytes().splitlines()) > 2
