"""The admin pages in a real browser: what a person does, in every theme and width."""

from __future__ import annotations

import csv
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import Literal
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask_login import current_user
from flask_login import login_user
from flask_login import LoginManager
from flask_login import UserMixin
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import expect
from playwright.sync_api import Page
from werkzeug.serving import make_server
from werkzeug.serving import WSGIRequestHandler

from flask_auditlog import AuditLog
from flask_auditlog.event import Actor
from flask_auditlog.event import encode
from flask_auditlog.event import Event
from flask_auditlog.state import of
from tests.web.admin.samples import event

pytestmark = pytest.mark.browser


class Look(NamedTuple):
    """A theme, and a width and height in pixels."""

    scheme: Literal["light", "dark"]
    width: int
    height: int


LOOKS = {
    "light": Look("light", 1440, 900),
    "dark": Look("dark", 1440, 900),
    "narrow": Look("light", 390, 844),
    "wide": Look("dark", 1600, 1000),
}
# Most of what is tested does not depend on the look.
in_light = pytest.mark.parametrize("context", ["light"], indirect=True)
in_light_and_narrow = pytest.mark.parametrize("context", ["light", "narrow"], indirect=True)


class User(UserMixin):
    """Alice, or another, who may see everything."""

    is_admin = True

    def __init__(self, name: str = "alice") -> None:
        self.id = {"alice": "1"}.get(name, name)
        self.email = f"{name}@acme.test"


class Quiet(WSGIRequestHandler):
    """A server that writes nothing to the terminal."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    """The address of a running host app whose log is a SQLite file."""
    with serving(make_app(sqlite_url)) as address:
        yield address


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app, and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def make_app(url: str, **config: Any) -> Flask:
    """A host app that logs in and records a payment, and one that failed."""
    app = Flask("Ledgerly")
    app.config.update(SECRET_KEY="for tests", AUDITLOG_DATABASE_URL=url, **config)
    logins, audit = LoginManager(app), AuditLog(app)
    logins.user_loader(lambda user_id: User("alice" if user_id == "1" else user_id))
    audit.authorizer(lambda *_: current_user.is_authenticated and current_user.is_admin)
    # Chromium asks for it at every address; it is the host's to have.
    app.add_url_rule("/favicon.ico", "favicon", lambda: "")

    @app.get("/login")
    def login() -> str:
        login_user(User())
        paid = {"amount": 12, "password": "hunter2"}
        audit.record("invoice.paid", resource_path="invoices/42", details=paid)
        script = "<script>document.title='taken'</script>"
        audit.record(script, error=script, resource_path="\u202etxt.exe", details={script: script})
        audit.admin_event(
            "USER", "UPDATE", resource_path="users/7", changes={"role": ["member", "owner"]}
        )
        return "in"

    app.add_url_rule("/as/<name>", "enter", lambda name: str(login_user(User(name))))

    @app.get("/yesterday")
    def yesterday() -> str:
        """What happened before alice came."""
        now = time.time_ns() // 1_000_000
        times = [now - hours * 3_600_000 for hours in (20, 20, 9)]
        audit.events.append([encode(event("invoice.sent", time=each)) for each in times])
        return "done"

    return app


@pytest.fixture(params=LOOKS)
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of one theme and width."""
    look = LOOKS[request.param]
    context = browser.new_context(
        color_scheme=look.scheme, viewport={"width": look.width, "height": look.height}
    )
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def tab(context: BrowserContext, address: str, complaints: list[str]) -> Page:
    """Alice's tab, on the search page. What the browser complains about is kept."""
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{address}/login")
    tab.goto(f"{address}/audit/")
    ready(tab)
    return tab


def ready(tab: Page) -> None:
    """Wait until the page of results does what its scripts do: before, a row is a link."""
    for part in ("drawer", "choose"):
        tab.evaluate("part => import(`/audit/static/${part}.js`).then(() => true)", part)


def open_row(tab: Page, selector: str) -> None:
    """Click into a row. Not on the cell itself: the row's link lies over all of it."""
    tab.locator(selector).click(force=True)


def fits(tab: Page) -> bool:
    """Whether nothing sticks out at the side."""
    # A heading can be seen before the stylesheet is there, and without it nothing fits.
    tab.wait_for_load_state("load")
    width: int = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width <= 0


def test_somebody_finds_an_event_opens_it_and_takes_the_result_away(
    tab: Page, complaints: list[str], tmp_path: Path
) -> None:
    expect(tab.locator("tbody td.c-type")).to_have_count(4)
    assert fits(tab)

    tab.get_by_label("Query").fill("type:invoice.*")
    tab.get_by_role("button", name="Search").first.click()
    expect(tab).to_have_url(tab.url.partition("?")[0] + "?q=type:invoice.*")
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])

    with tab.expect_download() as download:
        tab.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["type"] for row in csv.DictReader(file)] == ["invoice.paid"]

    # Anywhere on the row opens the event, and from there its page.
    open_row(tab, "td.c-what")
    drawer = tab.get_by_role("dialog")
    expect(drawer).to_have_accessible_name("invoice.paid on invoices/42 by alice@acme.test")
    expect(drawer.get_by_role("row", name="password")).to_contain_text("masked")
    assert fits(tab)
    drawer.get_by_role("link", name="Open the full page").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "invoice.paid on invoices/42 by alice@acme.test"
    )
    expect(tab.get_by_role("row", name="password")).to_contain_text("masked")
    assert "hunter2" not in tab.content()
    assert fits(tab)
    assert complaints == []


@in_light
def test_a_filter_is_taken_away_by_its_chip(tab: Page, complaints: list[str]) -> None:
    tab.get_by_label("Query").fill("actor:nobody (error:* OR -error:*)")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="No events match")).to_be_visible()
    assert fits(tab)
    tab.get_by_role("link", name="Remove actor nobody").click()
    expect(tab.locator("tbody td.c-type")).to_have_count(4)
    assert complaints == []


@in_light_and_narrow
def test_a_query_that_cannot_be_read_is_mended(tab: Page, complaints: list[str]) -> None:
    tab.get_by_label("Query").fill("type:invoice.* acter:alice@acme.test")
    tab.keyboard.press("Enter")
    expect(tab.get_by_label("Query")).to_have_value("type:invoice.* acter:alice@acme.test")
    expect(tab.get_by_role("alert")).to_have_text("Unknown field acter at 16: did you mean actor?")
    expect(tab.locator(".query-at")).to_have_text(re.compile(r"\^{5}"))
    assert fits(tab)
    complaints.clear()
    tab.get_by_role("link", name="Search with actor").click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])
    assert complaints == []


@in_light_and_narrow
def test_the_other_filters_are_in_the_column_and_on_a_phone_in_a_sheet(tab: Page) -> None:
    if tab.get_by_role("link", name="Filters").is_visible():
        tab.get_by_role("link", name="Filters").click()
    assert fits(tab)
    tab.get_by_role("combobox", name="Operation").select_option("UPDATE")
    tab.get_by_role("complementary").get_by_role("button", name="Search").click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["admin.USER-UPDATE"])


@in_light
def test_a_path_of_the_details_is_a_filter(tab: Page) -> None:
    tab.get_by_label("Path", exact=True).fill("amount")
    tab.get_by_label("Value", exact=True).fill("12")
    tab.keyboard.press("Enter")
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.paid"])


@in_light_and_narrow
def test_a_range_is_chosen_from_the_menu(tab: Page, complaints: list[str]) -> None:
    tab.get_by_text("Any time").click()
    tab.get_by_role("link", name="Last hour").click()
    expect(tab.locator("tbody td.c-type")).to_have_count(4)
    tab.locator("summary", has_text="Last hour").click()
    # What is counted from now stays so, whatever else the form asks for.
    expect(tab.get_by_label("From", exact=True)).to_have_value("-1h")
    tab.get_by_label("From", exact=True).fill("")
    tab.get_by_label("Until").fill("2020-01-01T00:00")
    tab.get_by_role("button", name="Apply range").click()
    expect(tab.get_by_role("heading", name="No events match")).to_be_visible()
    assert complaints == []


def test_what_an_attacker_wrote_is_shown_and_not_run(tab: Page, complaints: list[str]) -> None:
    open_row(tab, "tr.is-bad td.c-what")
    expect(tab.get_by_role("dialog").get_by_role("heading").first).to_contain_text("<script>")
    assert tab.locator("script:not([src])").count() == 0
    assert fits(tab)
    tab.get_by_role("link", name="Open the full page").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("<script>")
    assert "taken" not in tab.title().partition("·")[2]
    assert tab.locator("script:not([src])").count() == 0
    assert "\\u202e" in tab.inner_text("h1")
    assert fits(tab)
    assert complaints == []


HOSTILE = ("<script>document.title='taken'</script>", "=1+1\u202e", "x" * 10_000, "\"'><img src=x>")


@in_light_and_narrow
def test_what_an_attacker_wrote_is_shown_wherever_it_stands(
    context: BrowserContext, sqlite_url: str, complaints: list[str]
) -> None:
    app = make_app(sqlite_url)
    with app.app_context():
        of(app).store.append([encode(hostile(text)) for text in HOSTILE])
    tab = context.new_page()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    columns = "type,actor,what,client,session,org,resource_type"
    with serving(app) as address:
        tab.goto(f"{address}/login")
        tab.goto(f"{address}/audit/?q=type:planted.*&columns={columns}")
        links = [link.get_attribute("href") or "" for link in tab.locator("td.c-time a").all()]
        assert len(links) == len(HOSTILE)
        pages = [tab.url, f"{address}/audit/overview", f"{address}/audit/types"]
        pages += [f"{address}/audit/actor?{urlencode({'username': text})}" for text in HOSTILE[:2]]
        for page in (*pages, *(address + link for link in links)):
            tab.goto(page)
            assert fits(tab), page
            assert tab.title().partition("·")[2] != "", page
            assert "taken" not in tab.title().rpartition("·")[2]
            assert tab.locator("script:not([src]), img").count() == 0, page
            assert "\u202e" not in tab.inner_text("body"), page
    assert complaints == []


def hostile(text: str) -> Event:
    """An event that holds *text* wherever a stranger may have written it."""
    actor = Actor(user_id=text, username=text, client_id=text, session_id=text)
    return event(
        "planted.text",
        time=time.time_ns() // 1_000_000,
        auth_details=actor,
        organization_id=text,
        resource_type=text,
        resource_path=text,
        error=text,
        details={"note": text, text: "note", "list": [text]},
    )


@in_light_and_narrow
def test_a_change_is_read_at_a_glance(tab: Page, complaints: list[str]) -> None:
    open_row(tab, "tr:has-text('admin.USER-UPDATE') td.c-what")
    expect(tab.locator("del")).to_have_text("member")
    expect(tab.locator("ins")).to_have_text("owner")
    assert fits(tab)
    assert complaints == []


def test_frequent_values_and_the_histogram_are_clicked_together(
    tab: Page, complaints: list[str]
) -> None:
    tab.goto(tab.url.replace("/audit/", "/yesterday"))
    tab.goto(tab.url.replace("/yesterday", "/audit/"))
    expect(tab.locator("figure")).to_contain_text("7 events")
    assert fits(tab)
    if tab.get_by_role("link", name="Filters").is_visible():
        tab.get_by_role("link", name="Filters").click()
        assert fits(tab)
    tab.get_by_role("complementary").get_by_role("link", name="invoice.sent 3").click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.sent"] * 3)
    # The bar of the two that are oldest: over all of its height, also where nothing is drawn.
    tab.locator("svg.chart a").first.locator(".hit").click()
    expect(tab.locator("tbody td.c-type")).to_have_text(["invoice.sent"] * 2)
    assert fits(tab)
    assert complaints == []


@in_light
def test_the_keyboard_alone_opens_an_event(tab: Page) -> None:
    tab.locator("td.c-time a").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_be_visible()
    tab.keyboard.press("o")
    expect(tab.get_by_role("navigation", name="Breadcrumb")).to_be_visible()


@in_light
def test_the_pages_are_styled_under_their_own_policy(tab: Page) -> None:
    family = tab.locator(".type").first.evaluate("e => getComputedStyle(e).fontFamily")
    assert "mono" in family.lower()
