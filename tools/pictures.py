"""Draw the pictures in docs/images: `make pictures`. They are of the example app, as it is."""

from __future__ import annotations

import os
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

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = ViewportSize(width=1280, height=800)


@contextmanager
def example_app() -> Iterator[str]:
    """Run the example app with fresh data, and give its address."""
    with tempfile.TemporaryDirectory() as instance:
        port = services.free_port()
        environment = {**os.environ, "LEDGERLY_INSTANCE": instance, "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "-m", "example_app"], env=environment)
        try:
            # The port is taken at once and answers when the data is made.
            services.wait_for_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def draw(page: Page, address: str) -> None:
    """Sign in as staff, and take a picture of the search."""
    page.goto(f"{address}/login", timeout=120_000)
    page.fill("[name=email]", demo.SOFIA.email)
    page.fill("[name=password]", demo.SOFIA.password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{address}/audit/")
    page.screenshot(path=IMAGES / "search.png")


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
