"""Draw the pictures in docs/images: `make pictures`. They are of the example app, as it is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import sync_playwright
from playwright.sync_api import ViewportSize

from example_app import demo
from tests import services
from tests.delivery.sinks import OK
from tests.delivery.sinks import read
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink

IMAGES = Path(__file__).parents[1] / "docs" / "images"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nserver: sink\r\ncontent-length: 0\r\n\r\n"
SIZE = ViewportSize(width=1280, height=800)


@contextmanager
def example_app() -> Iterator[str]:
    """Run the example app with fresh data, and give its address."""
    with tempfile.TemporaryDirectory() as instance:
        port = services.free_port()
        environment = {
            **os.environ,
            "LEDGERLY_INSTANCE": instance,
            "PORT": str(port),
            # The receiver of the picture is here.
            "AUDITLOG_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
        server = subprocess.Popen([sys.executable, "-m", "example_app"], env=environment)
        try:
            # The port is taken at once and answers when the data is made.
            services.wait_for_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def moody(server: Sink, sock: socket.socket) -> None:
    """A receiver that takes most of what it is sent, and now and then is too busy."""
    while (request := read(sock)) is not None:
        server.requests.append(request)
        sock.sendall(BUSY if len(server.requests) % 12 == 7 else OK)


def sign_in(page: Page, address: str, person: demo.Person) -> None:
    """Sign in as one of the demo's people."""
    page.goto(f"{address}/login", timeout=120_000)
    page.fill("[name=email]", person.email)
    page.fill("[name=password]", person.password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def draw(page: Page, address: str) -> None:
    """Sign in as staff, and take a picture of each page."""
    sign_in(page, address, demo.SOFIA)
    page.goto(f"{address}/audit/")
    page.screenshot(path=IMAGES / "search.png")
    page.goto(f"{address}/audit/overview?range=week")
    page.screenshot(path=IMAGES / "overview.png")
    with sink(moody) as receiver:
        draw_webhook(page, address, receiver)
    draw_viewer(page, address)


def draw_viewer(page: Page, address: str) -> None:
    """Sign in as a customer, and take a picture of what happened in their organization."""
    page.context.clear_cookies()
    sign_in(page, address, demo.MAYA)
    page.goto(f"{address}/activity")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Search activity").fill("operation:UPDATE")
    frame.get_by_role("button", name="Search").click()
    frame.locator(".log li:has-text('of organization membership') a").first.click()
    frame.locator("#drawer-title").wait_for()
    page.screenshot(path=IMAGES / "viewer.png")


def draw_webhook(page: Page, address: str, receiver: Sink) -> None:
    """Make a webhook, send it what there is, and take a picture of its page."""
    page.goto(f"{address}/audit/webhooks/new")
    page.fill("[name=url]", receiver.url)
    page.fill("[name=description]", "siem-eu")
    page.fill("[name=eventTypes]", "access.*\nadmin.*\ninvoice.*")
    page.get_by_role("button", name="Make the webhook").click()
    page.get_by_role("link", name="Go to the webhook").click()
    webhook = page.url
    page.get_by_role("link", name="A range").click()
    page.get_by_label("Everything it wants").check()
    page.fill("[name=after]", "2020-01-01T00:00")
    page.fill("[name=rate]", "1000")
    page.get_by_role("button", name="Count first").click()
    page.get_by_role("button", name="again").click()
    known = -1
    # Until nothing comes any more, but what is tried again later.
    while len(receiver.requests) != known or known == 0:
        known = len(receiver.requests)
        page.wait_for_timeout(1500)
    page.goto(webhook)
    page.screenshot(path=IMAGES / "webhook.png")


def main() -> None:
    """Draw them all."""
    IMAGES.mkdir(exist_ok=True)
    with example_app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.chromium(), args=list(services.CHROMIUM_ARGS)
        )
        draw(browser.new_page(viewport=SIZE, color_scheme="light"), address)
        browser.close()


if __name__ == "__main__":
    main()
