"""What a finger does on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import CDPSession
from playwright.sync_api import expect
from playwright.sync_api import Page

from tests.browser.test_axe import faults
from tests.browser.test_pages import address as address
from tests.browser.test_pages import fits

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """A phone with events of today and of yesterday."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{address}/login")
    page.goto(f"{address}/yesterday")
    page.goto(f"{address}/audit/")
    # The script has run.
    expect(page.locator("#keys")).to_be_visible()
    yield page
    context.close()


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Put a finger down, move it along, and lift it."""
    finger: CDPSession = page.context.new_cdp_session(page)
    kinds = ["touchStart", *["touchMove"] * (len(points) - 1)]
    for kind, (x, y) in zip(kinds, points, strict=True):
        touched = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        finger.send("Input.dispatchTouchEvent", touched)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_range_is_drawn_with_a_finger(phone: Page) -> None:
    box = phone.locator("svg.chart").bounding_box()
    assert box is not None
    x, y = box["x"] + 2, box["y"] + 30
    # The first part of it, where the two that are oldest are.
    drag(phone, *((x + box["width"] / 24 * step, y + step) for step in range(7)))
    phone.wait_for_url("**/audit/?after=*&before=*")
    expect(phone.locator("tbody td.c-type")).to_have_text(["invoice.sent"] * 2)


def test_a_finger_that_scrolls_draws_nothing(phone: Page) -> None:
    box = phone.locator("svg.chart").bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 60
    drag(phone, *((x + step, y - 12 * step) for step in range(12)))
    phone.wait_for_function("scrollY > 0")
    expect(phone.locator(".brush")).to_have_count(0)
    assert phone.url.endswith("/audit/")


def test_a_finger_that_trembles_taps_a_bar(phone: Page) -> None:
    bar = phone.locator("svg.chart a").first
    leads_to = bar.evaluate("each => each.href.baseVal")
    box = bar.locator(".hit").bounding_box()
    assert box is not None
    # Over its end, and onto the next.
    x, y = box["x"] + box["width"] - 2, box["y"] + 30
    drag(phone, (x, y), (x + 7, y + 1))
    phone.wait_for_url(f"**{leads_to}")


def test_columns_are_chosen(phone: Page) -> None:
    phone.locator(".tools summary").filter(has_text="Columns").tap()
    assert fits(phone)
    assert faults(phone) == []
    phone.get_by_role("checkbox", name="Organization").uncheck()
    phone.get_by_role("checkbox", name="Source", exact=True).check()
    phone.get_by_role("button", name="Show these").tap()
    phone.wait_for_url("**/audit/?columns=type,actor,what,ip,source")
    expect(phone.locator("tbody td.c-more").first).to_have_text("capture")
    assert fits(phone)


def test_a_long_word_among_alternatives_is_cut(phone: Page) -> None:
    """A chip of its own was; within what is joined by OR it was as wide as its text."""
    phone.goto(phone.url.partition("?")[0] + "?q=actor:" + "x" * 300 + "+OR+type:invoice.*")
    box = phone.locator(".chip-any").bounding_box()
    assert box is not None
    # A browser of a phone would make the page wider, and say that it fits.
    assert box["x"] + box["width"] <= 390
