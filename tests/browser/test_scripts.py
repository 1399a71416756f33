"""What a script adds to the pages: keys, completion, copying, the brush, the local time zone.

One server and one tab for all of them: none changes what the others find.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import Locator
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.apps import close
from tests.browser.test_axe import faults
from tests.browser.test_pages import make_app
from tests.browser.test_pages import Quiet
from tests.services import REMEDY
from tests.services import ServiceMissing

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def log(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A tab of a reader in Asia/Tokyo, logged in, of a host app with some events."""
    file: Path = tmp_path_factory.mktemp("log") / "audit.db"
    app = make_app(f"sqlite:///{file}")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context(
        base_url=address,
        timezone_id="Asia/Tokyo",
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    tab.goto("/login")
    tab.goto("/yesterday")
    yield tab
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    close(app)


@pytest.fixture
def tab(log: Page) -> Iterator[Page]:
    """The tab on the search page; nothing may complain in it."""
    complaints: list[str] = []

    def complain(message: object) -> None:
        complaints.append(str(message))

    log.on("console", complain)
    log.on("pageerror", complain)
    log.goto("/audit/")
    # The script has run.
    expect(log.locator("#keys")).to_be_visible()
    yield log
    log.remove_listener("console", complain)
    log.remove_listener("pageerror", complain)
    assert complaints == []


@pytest.fixture
def curl() -> str:
    """Where curl is. :raises ServiceMissing: when there is none."""
    if (path := shutil.which("curl")) is None:
        raise ServiceMissing(f"No curl found. {REMEDY}")
    return path


def types(tab: Page) -> list[str]:
    """The types of the rows."""
    return tab.locator("tbody td.c-type").all_inner_texts()


def options(tab: Page) -> Locator:
    """What is offered below the query."""
    return tab.get_by_role("listbox").get_by_role("option")


def test_the_keyboard_alone_searches_moves_and_opens(tab: Page) -> None:
    tab.keyboard.press("/")
    expect(tab.get_by_label("Query", exact=True)).to_be_focused()
    tab.keyboard.type("type:invoice.* j?")
    tab.keyboard.press("Escape")
    expect(tab.get_by_label("Query", exact=True)).not_to_be_focused()
    links = tab.locator("td.c-time a")
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        tab.keyboard.press(key)
        expect(links.nth(row)).to_be_focused()
    there = links.nth(1).get_attribute("href") or ""
    tab.keyboard.press("o")
    expect(tab.get_by_role("dialog")).to_be_visible()
    tab.keyboard.press("o")
    tab.wait_for_url("**" + there)


def test_the_keys_are_told_and_leave_again(tab: Page) -> None:
    tab.keyboard.press("?")
    expect(tab.get_by_text("The next row, and the one before")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_text("The next row, and the one before")).to_be_hidden()
    # What a browser does with them is left to it.
    tab.keyboard.press("Control+j")
    assert tab.evaluate("document.activeElement.matches('.c-time a')") is False


def test_a_query_is_completed_by_the_keyboard_alone(tab: Page) -> None:
    query = tab.get_by_role("combobox", name="Query")
    tab.keyboard.press("/")
    tab.keyboard.type("ty")
    expect(options(tab)).to_have_count(1)
    assert faults(tab) == []
    tab.keyboard.press("ArrowDown")
    expect(tab.locator("[role=option][aria-selected=true]")).to_contain_text("type:")
    expect(query).to_have_attribute("aria-activedescendant", "q-option-0")
    tab.keyboard.press("Enter")
    expect(query).to_have_value("type:")
    expect(options(tab).first).to_contain_text("invoice.sent")
    tab.keyboard.type("invoice.p")
    expect(options(tab)).to_have_text([re.compile("invoice.paid")])
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Tab")
    expect(query).to_have_value("type:invoice.paid ")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    tab.keyboard.press("Enter")
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])


def test_enter_searches_for_what_was_written_and_escape_takes_no_word_of_it(tab: Page) -> None:
    query = tab.get_by_role("combobox", name="Query")
    query.click()
    tab.keyboard.type("type:invoice")
    expect(options(tab)).to_have_count(2)
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    expect(query).to_have_value("type:invoice")
    expect(query).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="No events match")).to_be_visible()


def test_an_option_is_chosen_with_the_pointer_in_the_middle_of_a_query(tab: Page) -> None:
    query = tab.get_by_role("combobox", name="Query")
    query.fill(" error:*")
    query.evaluate("each => each.setSelectionRange(0, 0)")
    tab.keyboard.type("operation:U")
    expect(options(tab)).to_have_text(["UPDATE"])
    options(tab).click()
    expect(query).to_have_value("operation:UPDATE error:*")


def test_what_an_attacker_wrote_is_offered_and_not_run(tab: Page) -> None:
    query = tab.get_by_role("combobox", name="Query")
    query.click()
    tab.keyboard.type("type:<")
    expect(options(tab)).to_contain_text("<script>")
    assert tab.locator(".options script").count() == 0


def test_a_range_is_drawn_over_the_histogram(tab: Page) -> None:
    assert types(tab).count("invoice.sent") == 3
    box = tab.locator("svg.chart").bounding_box()
    assert box is not None
    # The first part of it, where the two that are oldest are.
    tab.mouse.move(box["x"] + 2, box["y"] + 30)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40, steps=4)
    expect(tab.locator(".brush")).to_be_visible()
    tab.mouse.up()
    tab.wait_for_url("**/audit/?after=*&before=*")
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.sent"] * 2)


def test_the_readers_own_time_zone_is_a_click_away(tab: Page) -> None:
    shown = tab.locator("td.c-time time").first
    utc = shown.inner_text()
    tab.get_by_role("link", name="Local (Asia/Tokyo)").click()
    tab.wait_for_url("**/audit/?zone=Asia*")
    expect(shown).not_to_have_text(utc)
    tab.get_by_role("link", name="UTC").click()
    expect(shown).to_have_text(utc)


def test_an_event_is_taken_along(tab: Page) -> None:
    tab.goto(tab.locator("td.c-time a").first.get_attribute("href") or "")
    uid = tab.url.rpartition("/")[2]
    tab.get_by_role("button", name="Copy JSON").click()
    expect(tab.get_by_role("button", name="Copy JSON")).to_have_text("Copied")
    assert f'"uid": "{uid}"' in tab.evaluate("navigator.clipboard.readText()")
    tab.locator("summary", has_text="Copy").click()
    tab.get_by_role("button", name="Copy link").click()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    tab.get_by_role("button", name="Copy curl").click()
    assert tab.evaluate("navigator.clipboard.readText()").startswith("curl -H")


def test_without_a_script_nothing_says_that_it_needs_one(log: Page, browser: Browser) -> None:
    cookies = log.context.cookies()
    address = log.url.partition("/audit")[0]
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{**each} for each in cookies])  # type: ignore[typeddict-item]
    plain = context.new_page()
    plain.goto(f"{address}/audit/")
    expect(plain.locator("#keys, .query-box kbd, .options")).to_have_count(2)
    for each in plain.locator("#keys, .query-box kbd").all():
        expect(each).to_be_hidden()
    expect(plain.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    plain.get_by_label("Query").fill("type:invoice.paid")
    plain.keyboard.press("Enter")
    expect(plain.locator("tbody td.c-type")).to_have_text(["invoice.paid"])
    context.close()


def test_a_search_is_kept_found_again_and_deleted(tab: Page) -> None:
    tab.goto("/audit/?q=type:invoice.*")
    tab.get_by_text("Save view…").click()
    tab.get_by_label("Name", exact=True).fill("Invoices")
    tab.get_by_label("Share it").check()
    assert faults(tab) == []
    tab.get_by_role("button", name="Save this search").click()
    views = tab.get_by_role("navigation", name="Saved views")
    expect(views.locator("[aria-current]")).to_have_text("Invoices shared")
    views.get_by_role("link", name="All events").click()
    expect(views.locator("[aria-current]")).to_have_text("All events")
    views.get_by_role("link", name="Invoices").click()
    tab.wait_for_url("**/audit/?q=type:invoice.*")
    tab.get_by_text("Delete view…").click()
    tab.get_by_role("button", name="Delete it").click()
    expect(tab.get_by_text("Save view…")).to_be_visible()
    expect(views.get_by_role("link")).to_have_count(3)


def test_a_view_that_is_shared_is_there_for_another(tab: Page, browser: Browser) -> None:
    tab.goto("/audit/?q=type:invoice.sent")
    tab.get_by_text("Save view…").click()
    tab.get_by_label("Name", exact=True).fill("Sent")
    tab.get_by_label("Share it").check()
    tab.get_by_role("button", name="Save this search").click()
    context = browser.new_context(base_url=tab.url.partition("/audit")[0])
    other = context.new_page()
    other.goto("/as/bob")
    other.goto("/audit/")
    views = other.get_by_role("navigation", name="Saved views")
    views.get_by_role("link", name="Sent").click()
    expect(views.locator("[aria-current]")).to_have_text("Sent shared")
    expect(other.locator("tbody td.c-type").first).to_have_text("invoice.sent")
    assert {*types(other)} == {"invoice.sent"}
    context.close()
    tab.get_by_text("Delete view…").click()
    tab.get_by_role("button", name="Delete it").click()


def test_what_is_copied_for_curl_gives_the_event(tab: Page, curl: str) -> None:
    tab.goto("/audit/tokens")
    tab.get_by_label("Name", exact=True).fill("of a shell")
    tab.get_by_label("read events").check()
    tab.get_by_role("button", name="Make the token").click()
    token = tab.get_by_label("The token").input_value()
    tab.goto("/audit/?q=type:invoice.paid")
    tab.goto(tab.locator("td.c-time a").first.get_attribute("href") or "")
    tab.get_by_role("button", name="Copy JSON").click()
    shown = json.loads(tab.evaluate("navigator.clipboard.readText()"))
    tab.locator("summary", has_text="Copy").click()
    tab.get_by_role("button", name="Copy curl").click()
    command = tab.evaluate("navigator.clipboard.readText()")
    shell = ["sh", "-c", command.replace("curl", f"{curl} -sf --noproxy '*'", 1)]
    answer = subprocess.run(shell, env={"TOKEN": token}, capture_output=True, check=True)
    given = json.loads(answer.stdout)
    # Where it stands in the log is no part of the event.
    assert {name: given[name] for name in shown} == shown
    assert {*given} - {*shown} == {"position", "receivedTime"}


def test_results_are_dimmed_until_others_are_there(tab: Page) -> None:
    results = tab.locator(".explore-main")
    # An answer that leaves the page as it is, for as long as it is looked at.
    tab.route(re.compile(r"/audit/\?"), lambda route: route.fulfill(status=204))
    # A link within the page asks for nothing.
    tab.evaluate("document.querySelector('.skip').click()")
    expect(results).not_to_have_attribute("aria-busy", "true")
    tab.get_by_label("Query", exact=True).fill("type:invoice.paid")
    tab.evaluate("document.querySelector('#search button').click()")
    expect(results).to_have_attribute("aria-busy", "true")
    expect(results.locator("> *").first).to_have_css("opacity", "0.5")
    # As when one comes back to it.
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(results).not_to_have_attribute("aria-busy", "true")
    tab.evaluate("document.querySelector('#facets a[href*=\"q=\"]').click()")
    expect(results).to_have_attribute("aria-busy", "true")
    tab.keyboard.press("Escape")
    expect(results).not_to_have_attribute("aria-busy", "true")
    tab.unroute_all()


def test_what_happens_comes_in_and_waits_while_somebody_reads(tab: Page) -> None:
    tab.goto("/audit/?q=type:invoice.paid")
    before = len(types(tab))
    tab.get_by_role("link", name="Tail").click()
    expect(tab.get_by_role("link", name="Stop")).to_be_visible()
    rows = tab.locator("tbody td.c-type")
    tab.request.get("/login")
    expect(rows).to_have_text(["invoice.paid"] * (before + 1))
    expect(tab.get_by_role("status")).to_have_text("1 new event")
    expect(tab.locator("tr.day")).to_have_count(1)
    # One row is being read.
    tab.keyboard.press("j")
    tab.request.get("/login")
    tab.get_by_role("button", name="1 new").click()
    expect(rows).to_have_count(before + 2)
    expect(tab.get_by_role("button", name="1 new")).to_be_hidden()
    assert faults(tab) == []


def test_a_tail_waits_while_somebody_reads_further_down(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": 320})
    tab.goto("/audit/?q=type:invoice.*")
    rows = tab.locator("tbody td.c-type")
    tab.get_by_role("link", name="Tail").click()
    expect(tab.get_by_role("link", name="Stop")).to_be_visible()
    before = rows.count()
    tab.evaluate("scrollTo(0, 200)")
    tab.request.get("/login")
    expect(tab.get_by_role("button", name="1 new")).to_be_visible()
    expect(rows).to_have_count(before)
    tab.evaluate("scrollTo(0, 0)")
    expect(rows).to_have_count(before + 1)
    tab.set_viewport_size({"width": 1440, "height": 900})


def test_a_tail_asks_for_nothing_while_its_tab_is_hidden(log: Page) -> None:
    tab = log.context.new_page()
    asked: list[str] = []
    tab.on("request", lambda it: asked.append(it.url) if "/audit/tail" in it.url else None)
    tab.clock.install()
    tab.goto("/audit/?q=type:invoice.*&tail=true")
    expect(tab.get_by_role("link", name="Stop")).to_be_visible()
    rows = tab.locator("tbody td.c-type")
    before = rows.count()
    hide = "is => Object.defineProperty(document, 'hidden', { configurable: true, get: () => is })"
    tab.evaluate(hide, True)
    tab.request.get("/login")
    tab.clock.run_for(60_000)
    assert asked == []
    tab.evaluate(hide, False)
    tab.clock.run_for(3_000)
    expect(rows).to_have_count(before + 1)
    tab.close()


def test_a_tail_says_that_it_ended_when_its_reader_is_logged_out(tab: Page) -> None:
    login = {"Location": "/login"}
    tab.route("**/audit/tail?*", lambda route: route.fulfill(status=302, headers=login))
    tab.get_by_role("link", name="Tail").click()
    expect(tab.get_by_role("button", name="Ended: reload")).to_be_visible()
    tab.unroute("**/audit/tail?*")
    tab.goto("about:blank")
