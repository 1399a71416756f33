"""Exports as somebody has them made who has no script: watched, fetched, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import expect
from playwright.sync_api import Page

from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import in_light_and_narrow
from tests.browser.test_pages import make_app
from tests.browser.test_pages import serving
from tests.browser.test_pages import tab as tab
from tests.browser.test_webhooks import seen

pytestmark = pytest.mark.browser


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    """An app that sends no more than two events at once."""
    with serving(make_app(sqlite_url, AUDITLOG_LIMITS={"export_events": 2})) as address:
        yield address


@in_light_and_narrow
def test_a_file_is_made_watched_and_fetched(
    tab: Page, complaints: list[str], tmp_path: Path
) -> None:
    tab.get_by_role("link", name="More", exact=True).click()
    seen(tab)
    tab.get_by_label("NDJSON").check()
    tab.get_by_role("button", name="Download").click()
    expect(tab.get_by_text("too much to send at once")).to_be_visible()
    expect(tab.get_by_label("NDJSON")).to_be_checked()
    seen(tab)
    tab.get_by_role("button", name="Make the file").click()
    # The page is asked for again by itself.
    ready = tab.get_by_role("link", name="Download NDJSON")
    expect(ready).to_be_visible(timeout=30_000)
    seen(tab)
    with tab.expect_download() as fetched:
        ready.click()
    file = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(file)
    with tab.expect_download() as told:
        tab.get_by_role("link", name="Manifest of NDJSON").click()
    assert told.value.suggested_filename == f"{file.name}.manifest.json"
    told.value.save_as(tmp_path / "manifest.json")
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert manifest["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert manifest["records"] == len(file.read_bytes().splitlines()) > 2
    tab.get_by_role("button", name="Delete NDJSON").click()
    expect(tab.get_by_text("Deleted")).to_be_visible()
    assert complaints == []
