"""``search``, ``tail`` and ``export``."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog.event import Draft
from flask_auditlog.event import READ_TYPE
from flask_auditlog.recorder import Context
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import refused
from tests.cli.shell import run

DAY = 1_700_000_000_000
WHO = Actor(
    user_id="u7", username="alice", client_id="web", ip_address="192.0.2.7", session_id="s1"
)


def write(app: Flask, *drafts: Draft, **context: Any) -> None:
    given = {"realm": "default", "source": "api", "trusted": True, **context}
    app.extensions["auditlog"].recorder.ingest(drafts, Context(**given))


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    app = make_app()
    write(
        app,
        Draft(type="other", time=DAY),
    )
    write(
        app,
        Draft(
            type="invoice.paid",
            time=DAY + 1000,
            organization_id="acme",
            operation_type="UPDATE",
            resource_type="INVOICE",
            resource_path="invoices/42",
            error="declined",
            auth_details=WHO,
            details={"plan": {"name": "pro"}, "note": "needle"},
        ),
        source="import",
    )
    return app


FOUND = [
    ["--type", "invoice.*"],
    ["--actor", "alice"],
    ["--actor", "u7"],
    ["--user", "u7"],
    ["--username", "alice"],
    ["--client", "web"],
    ["--session", "s1"],
    ["--ip", "192.0.2.0/24"],
    ["--org", "acme"],
    ["--resource", "invoices"],
    ["--resource-type", "INVOICE"],
    ["--operation", "UPDATE"],
    ["--source", "import"],
    ["--error", "true"],
    ["--after", str(DAY + 500)],
    ["--before", "-1h", "--type", "invoice.*"],
    ["--detail", "plan.name=pro"],
    ["--detail", "plan.name=pro", "--detail", "note=needle"],
    ["--text", "NEEDLE"],
    ["--limit", "1"],
    ["type:invoice.* actor:alice details.plan.name:pro"],
    ["type:other OR error:*", "--org", "acme"],
    ["time:2023-11-15", "--zone", "Asia/Tokyo", "--type", "invoice.*"],
    ["--", "-type:other"],
]


@pytest.mark.parametrize("words", FOUND, ids=" ".join)
def test_each_filter_finds(host: Flask, words: list[str]) -> None:
    (line,) = ok(host, "search", *words).splitlines()
    assert line.split()[1] == "invoice.paid"


def test_a_line_says_when_what_who_where_and_how(host: Flask) -> None:
    (line,) = ok(host, "search", "--type", "invoice.paid").splitlines()
    assert line == (
        "2023-11-14T22:13:21.000Z  invoice.paid  alice  192.0.2.7  declined  invoices/42"
    )


def test_the_newest_comes_first(host: Flask) -> None:
    said = [line.split()[1] for line in ok(host, "search").splitlines()]
    assert said == ["invoice.paid", "other"]


def test_what_was_cut_off_is_said(host: Flask) -> None:
    assert "More than 1" in run(host, "search", "--limit", "1").stderr
    assert run(host, "search", "--limit", "2").stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ip", "nowhere"], "`ip`"),
        (["--after", "someday"], "`after`"),
        (["--error", "maybe"], "`error`"),
        (["--operation", "READ"], "`operation`"),
        (["--source", "API"], "`source`"),
        (["--type", ""], "`type`"),
        (["--detail", "plan"], "PATH=VALUE"),
        (["--detail", "=x"], "details"),
        (["type:a acter:b"], "Unknown field `acter` at 8: did you mean `actor`?"),
        (["type:a", "--zone", "Mars"], "`zone`"),
        ([""], "`q` is empty"),
        (["--realm", "nowhere"], "There is no realm nowhere"),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["search", "tail", "export"])
def test_a_wrong_filter_never_means_everything(
    host: Flask, command: str, words: list[str], said: str
) -> None:
    assert said in refused(host, command, *words)


def test_a_search_is_of_one_realm(host: Flask) -> None:
    ok(host, "realm", "add", "acme")
    write(host, Draft(type="a"), realm="acme")
    assert len(ok(host, "search", "--realm", "acme", "--type", "a").splitlines()) == 1
    assert ok(host, "search", "--type", "a") == ""


def test_json_is_the_record_as_everywhere_else(host: Flask) -> None:
    (line,) = ok(host, "search", "--type", "invoice.paid", "--json").splitlines()
    record = json.loads(line)
    assert record["authDetails"]["username"] == "alice"
    assert record["position"] == 2


def reads(app: Flask) -> list[dict[str, Any]]:
    return [event.details or {} for event in events(app) if event.type == READ_TYPE]


def test_a_search_is_recorded_with_what_was_asked_and_found(host: Flask) -> None:
    ok(host, "search", "--type", "invoice.*", "--limit", "9")
    assert reads(host) == [{"action": "search", "query": {"type": "invoice.*"}, "records": 1}]
    who = last(host).auth_details
    assert who == Actor(realm_id="default", username=OPERATOR, client_id="cli")
    assert last(host).source == "system"


def test_an_export_is_a_file_with_a_header(host: Flask, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert ok(host, "export", "-o", str(file)) == ""
    header, *rows = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert len(rows) == 2
    assert rows[0][header.index("type")] == "invoice.paid"


def test_an_export_goes_to_standard_output(host: Flask) -> None:
    lines = ok(host, "export", "--format", "ndjson", "--type", "invoice.*").splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["invoice.paid"]


def test_an_export_is_recorded_before_and_after(host: Flask) -> None:
    ok(host, "export", "--format", "ndjson", "--type", "invoice.*")
    began, ended = reads(host)
    assert began == {"action": "export", "query": {"type": "invoice.*"}, "format": "ndjson"}
    uid = events(host)[-2].uid
    assert ended == ended | {**began, "records": 1, "complete": True, "began": uid}


def test_a_file_that_cannot_be_written_is_told_in_a_line(host: Flask, tmp_path: Path) -> None:
    result = run(host, "export", "-o", str(tmp_path / "none" / "out.csv"))
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, OSError)


# Tail


def test_tail_shows_the_last_in_order(host: Flask) -> None:
    said = [line.split()[1] for line in ok(host, "tail", "--seconds", "0").splitlines()]
    assert said == ["other", "invoice.paid"]


def test_tail_shows_what_arrives(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    write(app, Draft(type="before"))

    def later() -> None:
        for number in range(3):
            time.sleep(0.2)
            write(app, Draft(type=f"new{number}"), Draft(type="hidden"))

    thread = threading.Thread(target=later)
    thread.start()
    said = ok(app, "tail", "--seconds", "2", "--type", "*").splitlines()
    thread.join()
    seen = [line.split()[1] for line in said]
    assert seen == ["before", "new0", "hidden", "new1", "hidden", "new2", "hidden"]


def test_tail_shows_only_what_was_asked_for(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    timer = threading.Timer(0.3, write, (app, Draft(type="a"), Draft(type="b")))
    timer.start()
    said = ok(app, "tail", "--seconds", "1.5", "--type", "b")
    timer.join()
    assert [line.split()[1] for line in said.splitlines()] == ["b"]


def test_a_tail_is_one_read_a_day_for_each_operator(host: Flask) -> None:
    for operator in ("olga", "olga", "otto"):
        run(host, "tail", "--seconds", "0", env={"LOGNAME": operator})
    who = [event.auth_details and event.auth_details.username for event in events(host)[2:]]
    assert who == ["olga", "otto"]
    assert {details["action"] for details in reads(host)} == {"tail"}


def test_nobody_else_can_say_that_a_tail_was_recorded(host: Flask) -> None:
    posted = Draft(
        type=READ_TYPE,
        auth_details=Actor(username=OPERATOR),
        details={"action": "tail"},
    )
    write(host, posted)
    for _ in range(2):
        ok(host, "tail", "--seconds", "0")
    assert [e.source for e in events(host) if e.type == READ_TYPE] == ["api", "system"]


def test_tail_does_not_read_again_what_it_has_passed(
    host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, passed = host.extensions["auditlog"].store, []
    read = store.feed.read

    def counted(position: int, *rest: Any, **more: Any) -> Any:
        passed.append(position)
        found = read(position, *rest, **more)
        write(host, Draft(type="other"))
        return found

    monkeypatch.setattr(store.feed, "read", counted)
    monkeypatch.setattr("flask_auditlog.cli.log.PAUSE", 0.01)
    ok(host, "tail", "--seconds", "0.3", "--type", "rare")
    assert len(passed) > 2
    assert passed[1:] == list(range(passed[0], passed[0] + len(passed) - 1))


def test_reading_does_not_feed_itself(host: Flask) -> None:
    ok(host, "search")
    ok(host, "tail", "--seconds", "0")
    assert READ_TYPE not in ok(host, "search") + ok(host, "tail", "--seconds", "0")
    assert READ_TYPE in ok(host, "search", "--reads", "true")


# What an attacker wrote


HOSTILE = "a\x1b[2Jb\x9b31mc\x7fd\u202ee\u2066f\rg\nh\ti\u2028j\u200bk\U000e0041l"


def hostile(app: Flask) -> Flask:
    write(
        app,
        Draft(
            type="evil",
            error=HOSTILE,
            resource_path=HOSTILE,
            auth_details=Actor(username=HOSTILE, client_id=HOSTILE),
            details={"x": HOSTILE},
        ),
    )
    return app


@pytest.mark.parametrize("json_too", [[], ["--json"]])
@pytest.mark.parametrize("command", [["search"], ["tail", "--seconds", "0"]])
def test_hostile_text_is_inert_in_a_terminal(
    make_app: MakeApp, command: list[str], json_too: list[str]
) -> None:
    said = ok(hostile(make_app()), *command, *json_too)
    (line,) = said.removesuffix("\n").split("\n")
    assert line.isprintable()
    assert "evil" in line


def test_inert_json_says_the_same(make_app: MakeApp) -> None:
    record = json.loads(ok(hostile(make_app()), "search", "--json"))
    assert record["details"] == {"x": HOSTILE}


@pytest.mark.parametrize("words", [["--type", "\x1b[2J\nx"], ["--realm", "\x1b[2J\nx"]])
def test_a_hostile_word_is_inert_in_its_error(host: Flask, words: list[str]) -> None:
    result = run(host, "search", *words)
    assert "\x1b" not in result.output


def test_the_log_outlives_its_commands(host: Flask) -> None:
    ok(host, "status")
    with host.app_context():
        AuditLog().record("a")
    assert types(host)[-1] == "a"
