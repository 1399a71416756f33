"""The viewer as a customer meets it: in any look, without JavaScript, and in a frame elsewhere."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from markupsafe import escape
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import FrameLocator
from playwright.sync_api import Locator
from playwright.sync_api import Page
from werkzeug.serving import make_server

from flask_auditlog import AuditLog
from flask_auditlog.event import encode
from flask_auditlog.store.promises.viewing import ALLOWED
from tests.browser.test_axe import faults
from tests.browser.test_pages import fits
from tests.browser.test_pages import LOOKS
from tests.browser.test_pages import Quiet
from tests.browser.test_webhooks import seen
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title='taken'</script>"
FOREIGN = event("of.other", organization_id="other")


class Hosts(NamedTuple):
    """The app, and a page on another site that shows it in a frame."""

    app: str
    elsewhere: str


def make_app() -> Flask:
    """An app that gives its visitors links: that of the page `/link?embed=…`."""
    app = Flask("Ledgerly")
    app.config.update(SECRET_KEY="for tests", TESTING=True)
    audit = AuditLog(app)
    app.add_url_rule("/favicon.ico", "favicon", lambda: "")
    changed = {"changes": {"role": ["member", "owner"]}, SCRIPT: SCRIPT}
    events = [
        event("access.LOGIN", organization_id="northwind", auth_details=MAYA),
        event(
            "admin.USER-UPDATE",
            organization_id="northwind",
            operation_type="UPDATE",
            details=changed,
        ),
        event(SCRIPT, organization_id="northwind", error=SCRIPT, resource_path="x" * 1000),
        FOREIGN,
    ]

    @app.get("/link")
    @app.get("/link/<path:origin>")
    def link(origin: str = "") -> str:
        return audit.viewer_url("northwind", actor="nora", embed=[origin] if origin else [])

    @app.get("/acting")
    @app.get("/acting/<path:origin>")
    def acting(origin: str = "") -> str:
        embed = [origin] if origin else []
        return audit.viewer_url("northwind", actor="nora", embed=embed, allow=ALLOWED)

    with app.app_context():
        audit.events.append([encode(each) for each in events])
    return app


def make_elsewhere() -> Flask:
    """A page that shows any address in a frame."""
    app = Flask("elsewhere")
    app.add_url_rule("/favicon.ico", "favicon", lambda: "")

    @app.get("/frame/<path:url>")
    def frame(url: str) -> str:
        size = 'width="900" height="600"'
        return f'<title>x</title><iframe title="Activity" {size} src="{escape(url)}"></iframe>'

    @app.get("/tall/<path:url>")
    def tall(url: str) -> str:
        return frame(url).replace('"600"', '"3000"')

    @app.get("/closed/<path:url>")
    def closed(url: str) -> str:
        return frame(url).replace("<iframe", '<iframe sandbox="allow-forms allow-downloads"')

    return app


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an app; give its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """Two sites: a browser takes localhost and 127.0.0.1 for strangers."""
    with served(make_app()) as port, served(make_elsewhere()) as other:
        yield Hosts(f"http://127.0.0.1:{port}", f"http://localhost:{other}")


@pytest.mark.parametrize("look", LOOKS)
def test_a_customer_finds_an_event_opens_it_and_takes_the_result_away(
    browser: Browser, hosts: Hosts, look: str, tmp_path: Path
) -> None:
    it = LOOKS[look]
    # Nothing here needs JavaScript; axe does, and has a tab of its own.
    context = browser.new_context(
        color_scheme=it.scheme,
        viewport={"width": it.width, "height": it.height},
        java_script_enabled=False,
    )
    tab, complaints = context.new_page(), list[str]()
    tab.on("console", lambda message: complaints.append(message.text))
    url = context.request.get(f"{hosts.app}/link").text()
    tab.goto(url)
    expect(tab.locator(".log > li")).to_have_count(3)
    tab.get_by_label("Kind").select_option("Changes")
    tab.get_by_role("button", name="Search").click()
    expect(tab.locator(".log > li")).to_have_count(1)
    tab.locator(".log summary").click()
    expect(tab.locator(".log-body")).to_contain_text("owner")
    tab.locator("summary", has_text="Export").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    path = tmp_path / "activity.csv"
    download.value.save_as(path)
    assert len(path.read_text().splitlines()) == 2
    # On a phone the menu lies over what is below it.
    tab.locator("summary", has_text="Export").click()
    tab.locator(".log-body a.mono").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("changed 1 field")
    assert context.cookies() == []
    assert complaints == []
    context.close()


def test_every_page_of_it_fits_and_axe_finds_nothing(browser: Browser, hosts: Hosts) -> None:
    context = browser.new_context()
    tab, found = context.new_page(), {}
    url = context.request.get(f"{hosts.app}/link").text()
    for rest in ("", "?q=acter:x", "?q=nothing", "?org=other", "events/nope", "../nothing/"):
        tab.goto(url + rest)
        # The script has run: its rows are links.
        expect(tab.locator(".log summary")).to_have_count(0)
        for summary in tab.locator("summary:visible").all():
            summary.click()
        for look, it in LOOKS.items():
            tab.emulate_media(color_scheme=it.scheme)
            tab.set_viewport_size({"width": it.width, "height": it.height})
            found[rest, look] = faults(tab)
            if rest != "../nothing/":
                seen(tab)
    assert tab.title() != "taken"
    assert {where: each for where, each in found.items() if each} == {}
    context.close()


def opened(tab: Page | FrameLocator) -> Locator:
    """The event that is open beside the others."""
    return tab.get_by_role("dialog")


@pytest.mark.parametrize("look", LOOKS)
def test_a_row_opens_beside_the_others_and_stands_in_the_address(
    browser: Browser, hosts: Hosts, look: str
) -> None:
    it = LOOKS[look]
    context = browser.new_context(
        color_scheme=it.scheme, viewport={"width": it.width, "height": it.height}
    )
    tab, complaints = context.new_page(), list[str]()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(context.request.get(f"{hosts.app}/link").text() + "?kind=")
    tab.locator(".log a", has_text="changed 1 field").click()
    for _ in range(2):
        expect(opened(tab)).to_have_accessible_name("Someone changed 1 field of something")
        expect(opened(tab)).to_contain_text("owner")
        assert re.search(r"/\?kind=&open=[0-9a-f-]{36}$", tab.url)
        tab.reload()
    assert fits(tab)
    assert faults(tab) == []
    assert tab.title() != "taken"
    assert context.cookies() == []
    assert complaints == []
    context.close()


def test_the_keys_lead_through_the_events_and_out_again(browser: Browser, hosts: Hosts) -> None:
    context = browser.new_context()
    tab = context.new_page()
    url = context.request.get(f"{hosts.app}/link").text()
    tab.goto(url)
    rows = tab.locator(".log a")
    # Three at least: what other tests did in the same log is shown too.
    expect(rows.nth(2)).to_be_visible()
    rows.first.focus()
    tab.keyboard.press("j")
    tab.keyboard.press("o")
    expect(tab.locator(".log > li").nth(1)).to_have_class(re.compile("is-open"))
    for key, number in (("j", 2), ("k", 1)):
        tab.keyboard.press(key)
        expect(tab.locator(".log > li").nth(number)).to_have_class(re.compile("is-open"))
    tab.keyboard.press("Escape")
    expect(opened(tab)).to_be_hidden()
    expect(rows.nth(1)).to_be_focused()
    assert tab.url == url
    tab.keyboard.press("o")
    expect(opened(tab)).to_be_visible()
    tab.keyboard.press("o")
    tab.wait_for_url("**/events/*")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    context.close()


def test_what_is_of_others_is_not_opened_by_an_address(browser: Browser, hosts: Hosts) -> None:
    context = browser.new_context()
    tab = context.new_page()
    url = context.request.get(f"{hosts.app}/link").text()
    tab.goto(f"{url}?open={FOREIGN.uid}")
    tab.wait_for_url(f"**/events/{FOREIGN.uid}")
    expect(tab.get_by_role("heading")).to_have_text("There is no such page")
    assert "of.other" not in tab.content()
    context.close()


def test_in_a_frame_elsewhere_a_row_opens_with_the_keys_and_in_sight(
    browser: Browser, hosts: Hosts
) -> None:
    context = browser.new_context(viewport={"width": 940, "height": 300})
    tab = context.new_page()
    url = context.request.get(f"{hosts.app}/link/{hosts.elsewhere}").text()
    tab.goto(f"{hosts.elsewhere}/frame/{url}")
    frame = tab.frame_locator("iframe")
    frame.locator(".log a").first.click()
    expect(opened(frame)).to_be_visible()
    for key, number in (("j", 1), ("j", 2), ("k", 1)):
        tab.keyboard.press(key)
        expect(frame.locator(".log > li").nth(number)).to_have_class(re.compile("is-open"))
    tab.keyboard.press("Escape")
    expect(opened(frame)).to_be_hidden()
    expect(frame.locator(".log a").nth(1)).to_be_focused()
    # The page around it scrolls, and the frame does not.
    tab.goto(f"{hosts.elsewhere}/tall/{url}")
    row = frame.locator(".log a").last
    expect(row).to_be_visible()
    row.evaluate("row => row.scrollIntoView({ block: 'start' })")
    row.click()
    expect(opened(frame).get_by_role("heading").first).to_be_in_viewport()
    assert context.cookies() == []
    context.close()


# The browser hangs up on scripts that it may not run, and Werkzeug's server then leaves their
# files open: what it reads last fails before it closes them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_in_a_frame_that_lets_no_script_run_a_row_folds_out_and_leads_to_its_page(
    browser: Browser, hosts: Hosts
) -> None:
    context = browser.new_context()
    tab = context.new_page()
    url = context.request.get(f"{hosts.app}/link/{hosts.elsewhere}").text()
    tab.goto(f"{hosts.elsewhere}/closed/{url}")
    frame = tab.frame_locator("iframe")
    frame.locator(".log summary", has_text="changed 1 field").click()
    expect(frame.locator(".log-body", has_text="owner")).to_be_visible()
    frame.locator(".log-body a.mono:visible").click()
    expect(frame.get_by_role("heading", level=1)).to_contain_text("changed 1 field")
    context.close()


def test_it_stands_in_a_frame_of_the_site_that_its_link_names_and_of_no_other(
    browser: Browser, hosts: Hosts
) -> None:
    context = browser.new_context()
    tab = context.new_page()
    named = context.request.get(f"{hosts.app}/link/{hosts.elsewhere}").text()
    tab.goto(f"{hosts.elsewhere}/frame/{named}")
    frame = tab.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Activity")).to_be_visible()
    frame.get_by_label("Search activity").fill("type:access.LOGIN")
    frame.get_by_role("button", name="Search").click()
    expect(frame.locator(".log > li")).to_have_count(1)
    # A link that opens nothing says so in the frame, too.
    tab.goto(f"{hosts.elsewhere}/frame/{named[:-2]}/")
    expect(frame.get_by_role("heading")).to_have_text("This link does not open anything")
    for unnamed in ("/link", "/link/self", "/link/https://app.example.com"):
        url = context.request.get(hosts.app + unnamed).text()
        with tab.expect_console_message(lambda told: "frame-ancestors" in told.text):
            tab.goto(f"{hosts.elsewhere}/frame/{url}")
        expect(frame.get_by_role("heading", name="Activity")).to_have_count(0)
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize("kind", ["frame", "closed"])
def test_a_webhook_is_made_in_a_frame_elsewhere_without_a_cookie(
    browser: Browser, hosts: Hosts, kind: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    url = context.request.get(f"{hosts.app}/acting/{hosts.elsewhere}").text()
    tab.goto(f"{hosts.elsewhere}/{kind}/{url}")
    frame = tab.frame_locator("iframe")
    frame.get_by_role("link", name="Webhooks").click()
    frame.get_by_role("link", name="New webhook").click()
    frame.get_by_label("URL").fill("https://93.184.216.34/audit")
    frame.get_by_label("Description").fill(f"made in a {kind}")
    frame.get_by_role("button", name="Make the webhook").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Keep its secret")
    frame.get_by_role("link", name="Go to the webhook").click()
    frame.get_by_role("button", name="Disable").click()
    expect(frame.get_by_role("status")).to_contain_text("Nothing is sent to it any more")
    assert context.cookies() == []
    context.close()


def test_every_page_that_changes_something_fits_and_axe_finds_nothing(
    browser: Browser, hosts: Hosts
) -> None:
    context = browser.new_context()
    tab, found = context.new_page(), {}
    url = context.request.get(f"{hosts.app}/acting").text()
    tab.goto(f"{url}webhooks/new")
    tab.fill("[name=url]", "https://93.184.216.34/audit")
    tab.fill("[name=description]", SCRIPT + "x" * 200)
    tab.get_by_role("button", name="Make it and send a test").click()
    found["secret"] = faults(tab)
    delivery = tab.get_by_role("link", name="see what becomes of it").get_attribute("href") or ""
    hook = delivery.partition("/deliveries/")[0]
    for path in (
        f"{url}webhooks",
        f"{url}webhooks/new",
        f"{url}tokens",
        f"{url}exports?format=csv",
        hook,
        f"{hook}/edit",
        f"{hook}/delete",
        delivery,
    ):
        tab.goto(path if path.startswith("http") else hosts.app + path)
        for look, it in LOOKS.items():
            tab.emulate_media(color_scheme=it.scheme)
            tab.set_viewport_size({"width": it.width, "height": it.height})
            found[f"{path} {look}"] = faults(tab)
            seen(tab)
    assert tab.title() != "taken"
    assert {where: each for where, each in found.items() if each} == {}
    context.close()
