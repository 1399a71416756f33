"""Exports as somebody has them made who has no script: watched, fetched, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from playwright.sync_api import expect
from playwright.sync_api import Page

from flask_auditlog import state
from flask_auditlog.web.exports import making
from flask_auditlog.web.exports.exporter import exporter_of
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import in_light
from tests.browser.test_pages import in_light_and_narrow
from tests.browser.test_pages import make_app
from tests.browser.test_pages import serving
from tests.browser.test_pages import tab as tab
from tests.browser.test_webhooks import seen
from tests.web.exports.conftest import EVENTS
from tests.web.exports.conftest import fill

pytestmark = pytest.mark.browser


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    """An app that sends no more than two events at once."""
    with serving(make_app(sqlite_url, AUDITLOG_LIMITS={"export_events": 2})) as address:
        yield address


@in_light
def test_a_file_in_the_making_says_how_far_it_is(
    context: BrowserContext, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "CHUNK", 1)
    monkeypatch.setattr("flask_auditlog.export.chunks.CHUNK", 5000)
    app = make_app(sqlite_url, AUDITLOG_LIMITS={"export_events": 2}, AUDITLOG_WORKER="external")
    fill(app)
    tab = context.new_page()
    with serving(app) as address:
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/exports?type=a.b")
        tab.get_by_role("button", name="Download").click()
        tab.get_by_role("button", name="Make the file").click()
        shares = []
        # A process of its own would do as much in its turn.
        while exporter_of(state.of(app)).turn(lambda: False):
            tab.goto(f"{address}/audit/exports")
            shares.append(tab.get_by_role("img").get_attribute("aria-label") or "")
        numbers = [int(share.removesuffix(" %")) for share in shares]
        assert numbers == sorted(numbers)
        assert any(0 < number < 100 for number in numbers)
        assert numbers[-1] == 100
        with tab.expect_download() as fetched:
            tab.get_by_role("link", name="Download CSV").click()
        assert len(fetched.value.path().read_bytes().splitlines()) == EVENTS + 1


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
