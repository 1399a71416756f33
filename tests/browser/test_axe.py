"""Accessibility: axe finds nothing on any page, by day and by night, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from playwright.sync_api import Page

from tests.browser.test_pages import address as address

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "?columns=type,actor,session,details.amount&zone=Asia/Tokyo",
    "?q=type:invoice.*+acter:x",
    "?type=nothing&actor=nobody",
    "overview",
    "types",
    "coverage",
    "webhooks",
    "webhooks/new",
    "exports?q=type:invoice.*&format=csv",
    "tokens",
    "settings",
    "actor?username=alice@acme.test",
    "resource?resource=users/7",
    "events/nope",
)

# Those whose parts change their place with the width.
NARROW = ("", "overview", "types", "webhooks", "exports", "tokens", "settings", PAGES[12])


def faults(tab: Page) -> list[str]:
    """What axe finds, each with its rule and the first element."""
    found = Axe().run(tab).response["violations"]
    return [f"{it['id']}: {it['nodes'][0]['html']}" for it in found]


def test_axe_finds_nothing_on_any_page(browser: Browser, address: str) -> None:
    tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    tab.goto(f"{address}/login")
    tab.goto(f"{address}/audit/")
    events = [link.get_attribute("href") or "" for link in tab.locator("td.c-time a").all()]
    found = {}
    for path in (*(f"/audit/{page}" for page in PAGES), *events[:3]):
        tab.goto(address + path)
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            found[path, scheme] = faults(tab)
    for width in (820, 390):
        tab.set_viewport_size({"width": width, "height": 844})
        for path in (*(f"/audit/{page}" for page in NARROW), events[0]):
            tab.goto(address + path)
            found[path, str(width)] = faults(tab)
    assert {where: each for where, each in found.items() if each} == {}
