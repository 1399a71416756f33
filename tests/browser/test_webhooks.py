"""Webhooks in a real browser: made, tried and looked at, in every theme and width, by mouse and
by keyboard, and without JavaScript.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_login import current_user
from flask_login import login_user
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import expect
from playwright.sync_api import Page
from werkzeug.serving import make_server

from flask_auditlog import AuditLog
from tests.apps import close
from tests.browser.test_pages import complaints as complaints
from tests.browser.test_pages import context as context
from tests.browser.test_pages import fits
from tests.browser.test_pages import in_light
from tests.browser.test_pages import Quiet
from tests.browser.test_pages import User
from tests.delivery.sinks import answering
from tests.delivery.sinks import OK
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink

pytestmark = pytest.mark.browser

# Every control of a page without a name for those who do not see it.
NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button")]
    .filter(each => !(each.labels?.length || each.ariaLabel || each.textContent.trim()))
    .map(each => each.outerHTML)"""


@pytest.fixture
def receiver() -> Iterator[Sink]:
    """A server that takes whatever it is sent."""
    with sink(answering(OK)) as server:
        yield server


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    """The address of a running host app that has Flask-WTF and delivers by itself."""
    app = make_app(sqlite_url)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    close(app)


def make_app(url: str) -> Flask:
    """A host app of somebody who may do everything."""
    app = Flask("Ledgerly")
    app.config.update(
        SECRET_KEY="for tests",
        AUDITLOG_DATABASE_URL=url,
        AUDITLOG_WEBHOOK_ALLOW=["127.0.0.0/8"],
    )
    logins, audit = LoginManager(app), AuditLog(app)
    CSRFProtect(app)
    logins.user_loader(lambda user_id: User())
    audit.authorizer(lambda *_: current_user.is_authenticated and current_user.is_admin)
    app.add_url_rule("/favicon.ico", "favicon", lambda: "")

    @app.get("/login")
    def login() -> str:
        login_user(User())
        return "in"

    return app


def opened(context: BrowserContext, address: str, complaints: list[str]) -> Page:
    """Alice's tab, on the page of webhooks."""
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{address}/login")
    tab.goto(f"{address}/audit/")
    tab.get_by_role("link", name="Webhooks").click()
    return tab


@pytest.fixture
def tab(context: BrowserContext, address: str, complaints: list[str]) -> Page:
    """The same, in each theme and width."""
    return opened(context, address, complaints)


def look_until(tab: Page, words: str) -> None:
    """Look at a delivery again until its state is what is expected."""
    for _ in range(100):
        if tab.locator(".sub .tag").inner_text() == words:
            return
        tab.get_by_role("link", name="Look again").click()
        tab.wait_for_timeout(100)
    pytest.fail(f"It never came to be {words}.")


def seen(tab: Page) -> None:
    """What holds of every page, once it is there: a click does not wait for all of it."""
    tab.wait_for_load_state()
    expect(tab.locator("footer")).to_be_visible()
    assert fits(tab)
    assert tab.evaluate(NAMELESS) == []
    assert tab.locator("h1").count() == 1
    assert tab.locator("script:not([src^='/audit/static/']), style").count() == 0


def make(tab: Page, receiver: Sink) -> None:
    """Type a new webhook into its form, and send it with a test."""
    tab.get_by_role("link", name="New webhook").click()
    tab.get_by_label("URL", exact=True).fill(receiver.url)
    tab.get_by_label("Description").fill("siem-eu")
    tab.get_by_text("More", exact=True).click()
    tab.get_by_label("Headers").fill("X-Api-Key: s3cr3t-value")
    seen(tab)
    tab.get_by_role("button", name="Make it and send a test").click()


def test_somebody_makes_a_webhook_tries_it_and_sees_what_was_sent(
    tab: Page, receiver: Sink, complaints: list[str]
) -> None:
    make(tab, receiver)
    expect(tab.get_by_label("The secret that its")).to_have_value(re.compile("^whsec_"))
    seen(tab)
    tab.get_by_role("link", name="see what becomes of it").click()
    look_until(tab, "Succeeded")
    expect(tab.locator(".attempts")).to_contain_text("204 No Content")
    expect(tab.locator(".attempts")).to_contain_text("x-api-key: [masked]")
    seen(tab)
    request = next(r for r in receiver.requests if b"WEBHOOK_TEST" in r.body)
    assert request.headers["x-api-key"] == "s3cr3t-value"

    tab.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="siem-eu").click()
    expect(tab.locator(".delivery-row").first).to_be_visible()
    expect(tab.locator(".head .tag")).to_have_text("Works")
    seen(tab)
    assert complaints == []


def test_a_webhook_is_switched_off_and_on_and_deleted(
    tab: Page, receiver: Sink, complaints: list[str]
) -> None:
    expect(tab.get_by_role("heading", name="There is no webhook yet")).to_be_visible()
    seen(tab)
    make(tab, receiver)
    tab.get_by_role("link", name="Go to the webhook").click()
    tab.get_by_role("button", name="Disable").click()
    expect(tab.get_by_role("status")).to_contain_text("Nothing is sent")
    seen(tab)
    tab.get_by_role("button", name="Enable").click()
    expect(tab.get_by_role("status")).to_contain_text("sent to it again")
    tab.get_by_role("link", name="Delete this webhook").click()
    expect(tab.get_by_role("heading", name="Delete siem-eu?")).to_be_visible()
    seen(tab)
    tab.get_by_role("button", name="Delete the webhook").click()
    expect(tab.get_by_role("heading", name="There is no webhook yet")).to_be_visible()
    assert complaints == []


@in_light
def test_what_is_wrong_is_told_at_its_field(tab: Page) -> None:
    tab.get_by_role("link", name="New webhook").click()
    tab.get_by_label("URL", exact=True).fill("https://10.0.0.1/hook")
    tab.get_by_role("button", name="Make the webhook").click()
    field = tab.get_by_label("URL", exact=True)
    expect(field).to_have_value("https://10.0.0.1/hook")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(tab.get_by_role("alert")).to_contain_text("Nothing was saved")
    seen(tab)


@in_light
def test_the_keyboard_alone_makes_a_webhook(tab: Page, receiver: Sink) -> None:
    tab.get_by_role("link", name="New webhook").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("URL", exact=True).focus()
    tab.keyboard.type(receiver.url)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Keep its secret")).to_be_visible()
    tab.get_by_role("link", name="Go to the webhook").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Deliveries")).to_be_visible()


def test_all_of_it_works_without_javascript(
    browser: Browser, address: str, receiver: Sink, complaints: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = opened(context, address, complaints)
    tab.get_by_role("link", name="New webhook").click()
    tab.get_by_label("URL", exact=True).fill(receiver.url)
    tab.get_by_role("button", name="Make the webhook").click()
    tab.get_by_role("link", name="Go to the webhook").click()
    tab.get_by_role("button", name="Show the secret").click()
    expect(tab.get_by_role("heading", name="The secret")).to_be_visible()
    tab.get_by_role("link", name="Go to the webhook").click()
    tab.get_by_role("button", name="Rotate").click()
    expect(tab.get_by_role("heading", name="Keep the new secret")).to_be_visible()
    context.close()
    assert complaints == []
