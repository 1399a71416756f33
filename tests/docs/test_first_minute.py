"""The first minute of the README, literally: its program, its commands, what it says one sees."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests import services
from tests.docs import pages

README = pages.ROOT / "README.md"
FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "app", "--debug"]


class Visitor:
    """Somebody with a browser: follows redirects and keeps cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        try:
            with self._browser.open(self.address + path) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def types(self) -> list[str]:
        """Return the types of the records on the page, as its export gives them."""
        _, lines = self.get("/audit/export?format=ndjson")
        return [json.loads(line)["type"] for line in lines.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's program in it."""
    (program,) = pages.blocks(README, "python")
    (tmp_path / "app.py").write_text(program)
    return tmp_path


@pytest.fixture
def visitor(folder: Path) -> Iterator[Visitor]:
    """Somebody who opens the running program."""
    port = services.free_port()
    output = folder / "output"
    with output.open("w") as file:
        server = subprocess.Popen(
            [*FLASK, "run", "--port", str(port)],
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            services.wait_for_port(port)
            yield Visitor(f"http://127.0.0.1:{port}")
        finally:
            # The whole session: the reloader is a parent with a child.
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def environment() -> dict[str, str]:
    """A shell in which the extension is installed, and nothing of it is configured."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AUDITLOG_", "FLASK_"))}
    return {**kept, "PYTHONPATH": str(pages.ROOT), "PYTHONUNBUFFERED": "1"}


def shell(folder: Path, *words: str) -> str:
    """Run `flask auditlog`, and return what it prints."""
    command = [*FLASK, "auditlog", *words]
    done = subprocess.run(
        command, cwd=folder, env=environment(), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_line_names_the_store_the_address_and_the_delivery(
    visitor: Visitor, folder: Path
) -> None:
    visitor.get("/audit/")
    (line,) = re.findall("^.*Audit log.*$", (folder / "output").read_text(), re.MULTILINE)
    assert "instance/" in line
    assert "/audit/" in line
    assert "webhooks" in line


def test_nobody_sees_the_log_before_they_are_logged_in(visitor: Visitor) -> None:
    assert visitor.get("/audit/")[0] == 403


def test_a_login_is_two_rows_both_by_alice(visitor: Visitor) -> None:
    status, page = visitor.get("/login")
    assert status == 200
    assert page.index("invoice.paid") < page.index("access.LOGIN")
    assert visitor.types() == ["invoice.paid", "access.LOGIN"]
    assert page.count("alice@acme.test") >= 2
    assert page.count("127.0.0.1") >= 2


def test_the_password_is_masked_wherever_it_is_shown_or_kept(
    visitor: Visitor, folder: Path
) -> None:
    visitor.get("/login")
    _, line = visitor.get("/audit/export?format=ndjson&type=invoice.paid")
    record = json.loads(line)
    assert record["details"] == {"amount": 12, "password": "[masked]"}
    _, detail = visitor.get(f"/audit/events/{record['uid']}")
    assert "[masked]" in detail
    assert "hunter2" not in detail
    kept = b"".join(path.read_bytes() for path in (folder / "instance").iterdir())
    assert b"hunter2" not in kept


def test_the_shell_finds_one_login(visitor: Visitor, folder: Path) -> None:
    visitor.get("/login")
    lines = shell(folder, "search", "--type", "access.*").splitlines()
    assert len([line for line in lines if "access.LOGIN" in line]) == 1
    assert not [line for line in lines if "invoice.paid" in line]


def test_another_service_writes_with_a_token_and_it_is_a_third_row(
    visitor: Visitor, folder: Path
) -> None:
    visitor.get("/login")
    words = ["--realm", "default", "--permission", "publish-events"]
    (secret,) = secrets_in(shell(folder, "token", "create", *words))
    request = urllib.request.Request(
        f"{visitor.address}/audit/realms/default/events",
        data=b'{"type": "foo.bar"}',
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 202
        assert set(json.load(response)) == {"uid"}
    assert visitor.types() == ["foo.bar", "invoice.paid", "access.LOGIN"]


def secrets_in(text: str) -> list[str]:
    """Return the words that look like a token's secret."""
    return re.findall(r"\balog_\w{20,}|\b[\w-]{32,}\b", text)


def test_without_the_authorizer_the_page_shows_the_lines_to_add(folder: Path) -> None:
    program = (folder / "app.py").read_text()
    without = re.sub(r"@audit\.authorizer\n.*\n.*\n", "", program)
    (folder / "app.py").write_text(without)
    check = (
        "from app import app; c = app.test_client(); c.get('/login'); r = c.get('/audit/');"
        "print(r.status_code, r.text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{check}"],
        cwd=folder,
        env={**environment(), "FLASK_DEBUG": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("403")
    assert "@audit.authorizer" in done.stdout
