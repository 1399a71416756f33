"""Rows that are chosen: with the pointer, the keyboard, and without a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import Locator
from playwright.sync_api import Page

from tests.browser.test_axe import faults
from tests.browser.test_pages import address as address
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import fits
from tests.browser.test_pages import in_light
from tests.browser.test_pages import tab as tab

pytestmark = pytest.mark.browser

in_looks = pytest.mark.parametrize("context", ["light", "dark", "narrow"], indirect=True)


def bar(tab: Page) -> Locator:
    """The bar of what is chosen."""
    return tab.get_by_role("form", name="Chosen events")


def clipboard(tab: Page) -> str:
    """What was copied."""
    text: str = tab.evaluate("navigator.clipboard.readText()")
    return text


@in_looks
def test_chosen_rows_are_counted_copied_and_exported(
    tab: Page, complaints: list[str], tmp_path: Path
) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(bar(tab)).to_be_hidden()
    # The whole cell is the box; beside it the row would open.
    tab.locator("td.c-sel").nth(0).click(position={"x": 4, "y": 4})
    tab.get_by_role("checkbox", name="Choose invoice.paid at").check()
    expect(bar(tab)).to_contain_text("2 chosen")
    expect(bar(tab)).to_be_in_viewport(ratio=1)
    expect(tab.get_by_role("dialog")).to_be_hidden()
    assert fits(tab)
    assert faults(tab) == []
    bar(tab).get_by_role("button", name="Copy as JSON").click()
    expect(bar(tab).get_by_role("button", name="Copied")).to_be_visible()
    assert [it["type"] for it in json.loads(clipboard(tab))][-1] == "invoice.paid"
    bar(tab).get_by_role("button", name="Copy links").click()
    expect(bar(tab).get_by_role("button", name="Copied")).to_have_count(2)
    links = clipboard(tab).split("\n")
    assert len(links) == 2
    with tab.expect_download() as download:
        bar(tab).get_by_role("button", name="NDJSON").click()
    download.value.save_as(tmp_path / "chosen.ndjson")
    assert (tmp_path / "chosen.ndjson").read_text().count("\n") == 2
    bar(tab).get_by_role("button", name="Clear").click()
    expect(bar(tab)).to_be_hidden()
    tab.goto(links[1])
    expect(tab.get_by_role("heading", level=1)).to_contain_text("invoice.paid")
    assert complaints == []


@in_light
def test_the_keyboard_chooses_and_all_of_the_page_are_one_click(tab: Page) -> None:
    boxes = tab.locator("tbody .c-sel input")
    expect(tab.locator("#keys")).to_be_visible()
    tab.keyboard.press("j")
    tab.keyboard.press("x")
    expect(boxes.first).to_be_checked()
    everything = tab.get_by_role("checkbox", name="Choose all on this page")
    assert everything.evaluate("box => box.indeterminate") is True
    everything.click()
    expect(bar(tab)).to_contain_text("4 chosen")
    everything.click()
    expect(bar(tab)).to_be_hidden()
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar(tab)).to_contain_text("3 chosen")


@in_light
def test_without_a_script_they_are_exported_all_the_same(
    tab: Page, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{**each} for each in tab.context.cookies()])  # type: ignore[typeddict-item]
    plain = context.new_page()
    plain.goto(tab.url)
    expect(plain.locator("input[data-all]")).to_be_hidden()
    plain.get_by_role("checkbox", name="Choose invoice.paid at").check()
    expect(bar(plain)).to_be_visible()
    expect(bar(plain).get_by_role("button")).to_have_count(4)
    with plain.expect_download() as download:
        bar(plain).get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "chosen.csv")
    assert "invoice.paid" in (tmp_path / "chosen.csv").read_text(encoding="utf-8-sig")
    context.close()
