"""The first minute, literally: the program of the README, its commands, what one sees."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests import services
from tests.docs import pages

README, START = pages.ROOT / "README.md", pages.DOCS / "start.md"
FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "app", "--debug"]
AUTHORIZER = re.compile(r"^@audit\.authorizer\ndef allow.*\n    return .*\n", re.MULTILINE)


class Minute:
    """A program that runs in an empty folder, and somebody in front of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str, str]:
        """Return the status, the path one ended at, and the text."""
        try:
            answer = self._browser.open(self.address + path)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            ended = answer.url.removeprefix(self.address)
            return answer.status, ended, answer.read().decode("utf-8-sig")

    def shell(self, *command: str) -> str:
        """Type a command, and return what it writes to standard output."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def flask(self, *words: str) -> str:
        """Type `flask --app app --debug auditlog …`."""
        return self.shell(*FLASK, "auditlog", *words)

    def curl(self, secret: str, body: str) -> tuple[int, dict[str, str]]:
        """Post an event with curl, which says that `-d` is a form."""
        program = shutil.which("curl")
        assert program is not None, f"No curl found. {services.REMEDY}"
        url = f"{self.address}/audit/realms/default/events"
        bearer = f"Authorization: Bearer {secret}"
        said = self.shell(program, "-s", "-w", "\n%{http_code}", url, "-H", bearer, "-d", body)
        answer, _, status = said.rpartition("\n")
        return int(status), json.loads(answer)


def environment() -> dict[str, str]:
    """A shell in which the extension is installed, and nothing of it is configured."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AUDITLOG_", "FLASK_"))}
    return {**kept, "PYTHONPATH": str(pages.ROOT), "PYTHONUNBUFFERED": "1"}


def program() -> str:
    """Return the program as it stands in the README."""
    (code,) = pages.blocks(README, "python")
    return code


@contextmanager
def running(folder: Path, code: str) -> Iterator[Minute]:
    """Run *code* as the README says, until the block ends."""
    (folder / "app.py").write_text(code)
    port = services.free_port()
    with (folder / "output").open("w") as output:
        server = subprocess.Popen(
            [*FLASK, "run", "--port", str(port)],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            services.wait_for_port(port)
            yield Minute(folder, port)
        finally:
            # The whole session: the reloader is a parent with a child.
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder, where nothing else makes files."""
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def rows(page: str) -> list[str]:
    """Return the rows of the page's events, as text; a line between two days is none."""
    body = page.partition('<table class="grid events')[2].partition("</table>")[0]
    texts = [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in re.split("<tr", body)[1:]]
    return [text for text in texts if "127.0.0.1" in text]


def test_the_documentation_shows_one_program() -> None:
    assert pages.blocks(START, "python")[0] == program()


def test_the_first_minute(folder: Path) -> None:
    with running(folder, program()) as minute:
        assert minute.get("/audit/")[0] == 403
        see_two_rows(minute)
        take_them_away(minute)
        write_from_elsewhere(minute)
    say_where_the_log_is(folder)


def see_two_rows(minute: Minute) -> None:
    """Log in: two rows, both by alice, and the password of one is masked."""
    status, ended, page = minute.get("/login")
    assert (status, ended) == (200, "/audit/")
    paid, login = rows(page)
    assert "invoice.paid" in paid
    assert "access.LOGIN" in login
    assert all("alice@acme.test" in row for row in (paid, login))
    (uid, *_) = re.findall(r"/audit/events/([0-9a-f-]{36})", page)
    _, _, detail = minute.get(f"/audit/events/{uid}")
    assert "[masked]" in detail
    assert "hunter2" not in detail


def take_them_away(minute: Minute) -> None:
    """Export them: two lines, in either format; and find one of them from the shell."""
    _, _, lines = minute.get("/audit/export?format=ndjson")
    first, second = map(json.loads, lines.splitlines())
    assert (first["type"], second["type"]) == ("invoice.paid", "access.LOGIN")
    assert first["details"] == {"amount": 12, "password": "[masked]"}
    _, _, table = minute.get("/audit/export?format=csv")
    header, *records = csv.reader(io.StringIO(table))
    place = header.index("type")
    assert [record[place] for record in records] == ["invoice.paid", "access.LOGIN"]
    (found,) = minute.flask("search", "--type", "access.*").splitlines()
    assert found.split()[1:] == ["access.LOGIN", "alice@acme.test", "127.0.0.1"]


def write_from_elsewhere(minute: Minute) -> None:
    """Make a token and post with curl: a third row."""
    secret = minute.flask("token", "create", "--permission", "publish-events").strip()
    status, answer = minute.curl(secret, '{"type":"foo.bar"}')
    assert (status, set(answer)) == (202, {"uid"})
    assert uuid.UUID(answer["uid"]).version == 7
    third, *others = rows(minute.get("/audit/")[2])
    assert "foo.bar" in third
    assert len(others) == 2


def say_where_the_log_is(folder: Path) -> None:
    """One line named store, address and delivery; and the store holds no secret."""
    said = (folder / "output").read_text()
    (line,) = [each for each in said.splitlines() if "Audit log" in each]
    assert str(folder / "instance" / "auditlog.db") in line
    assert "pages at /audit/" in line
    assert "no webhooks" in line
    assert "Traceback" not in said
    kept = b"".join(path.read_bytes() for path in (folder / "instance").iterdir())
    assert b"invoice.paid" in kept
    assert b"hunter2" not in kept


def test_before_the_login_one_is_sent_to_the_hosts_own(folder: Path) -> None:
    code = program().replace("class User", 'logins.login_view = "login"\n\nclass User')
    with running(folder, code) as minute:
        status, ended, _ = minute.get("/audit/")
        # The program's login page logs in at once, and sends on to the log.
        assert (status, ended) == (200, "/audit/")


def test_without_the_authorizer_the_page_shows_the_lines_and_tokens_work(folder: Path) -> None:
    (lines,) = AUTHORIZER.findall(program())
    with running(folder, AUTHORIZER.sub("", program())) as minute:
        status, _, page = minute.get("/login")
        assert status == 403
        shown = re.sub("<[^>]*>", "", page).replace("&#39;", "'")
        for line in lines.splitlines()[:2]:
            assert line in shown
        secret = minute.flask("token", "create", "--permission", "publish-events").strip()
        assert minute.curl(secret, '{"type":"foo.bar"}')[0] == 202
