"""A file that is made in the background: whole whoever dies, its owner's alone, and on record."""

from __future__ import annotations

import errno
import json
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import state
from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import Conflict
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import QueryError
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.export import blocks
from flask_auditlog.export import FORMATS
from flask_auditlog.export import Layout
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store.language import parse_query
from flask_auditlog.web import manifests
from flask_auditlog.web.exports import exporter as exporter_module
from flask_auditlog.web.exports.desk import Desk
from flask_auditlog.web.exports.desk import MOST
from flask_auditlog.web.exports.exporter import Exporter
from flask_auditlog.web.exports.exporter import MOST_FAILURES
from tests.apps import events
from tests.apps import records
from tests.web.exports.conftest import ALL
from tests.web.exports.conftest import desk_of
from tests.web.exports.conftest import EVENTS
from tests.web.exports.conftest import fetched
from tests.web.exports.conftest import fill
from tests.web.exports.conftest import now
from tests.web.exports.conftest import QUERY

NAMES = ["csv", "ndjson", "json", "parquet"]


@pytest.fixture(autouse=True)
def _package() -> None:
    pytest.importorskip("pyarrow")


def streamed(app: Flask, name: str, query: Query = QUERY) -> bytes:
    """The same export, sent at once."""
    found = state.of(app).store.stream(query, ALL)
    return b"".join(FORMATS[name].write(blocks(found), Layout(positions=True)))


def exports_of(app: Flask) -> list[dict[str, Any]]:
    """What the log says was exported, oldest first."""
    return [
        each.details
        for each in events(app)
        if each.details and each.details.get("action") in {"export", "fetch"}
    ]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_file_that_would_have_been_sent(
    app: Flask, desk: Desk, exporter: Exporter, name: str
) -> None:
    file = desk.begin(QUERY, FORMATS[name], None)
    exporter.run()
    made = now(desk, file)
    assert made.chunks > 1
    assert (made.state, made.records) == ("done", EVENTS)
    data = fetched(desk, file)
    assert data == streamed(app, name)
    assert (made.bytes, made.sha256) == (len(data), sha256(data).hexdigest())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_another_goes_on_where_somebody_died(
    app: Flask,
    desk: Desk,
    exporter: Exporter,
    name: str,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flask_auditlog.web.exports.making.LEASE", 0)
    file = desk.begin(QUERY, FORMATS[name], None)
    for _ in range(steps):
        exporter.turn(lambda: False)
    assert now(desk, file).state == "running"
    # As if it had never been: nothing of it is told to the next one.
    exporter.begin_anew()
    exporter.run()
    made, data = now(desk, file), fetched(desk, file)
    assert data == streamed(app, name)
    assert (made.records, made.sha256) == (EVENTS, sha256(data).hexdigest())
    told = manifests.find(file.began or "", ALL)
    assert (told["records"], told["positions"]) == (EVENTS, [1, EVENTS])


def test_who_dies_before_it_may_be_fetched_leaves_the_last_chunk_to_the_next(
    app: Flask, desk: Desk, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.web.exports.making.LEASE", 0)
    monkeypatch.setattr(exporter_module, "pause_after", lambda _: 0)
    file = desk.begin(QUERY, FORMATS["json"], None)

    def dies(*_: object, **__: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(state.of(app).store.files, "finish", dies)
        while not any("sha256" in each for each in exports_of(app)):
            exporter.turn(lambda: False)
    assert now(desk, file).state == "running"
    exporter.run()
    assert json.loads(fetched(desk, file)) == json.loads(streamed(app, "json"))


def test_what_is_recorded_meanwhile_is_not_in_it(
    app: Flask, desk: Desk, exporter: Exporter
) -> None:
    file = desk.begin(QUERY, FORMATS["ndjson"], None)
    exporter.turn(lambda: False)
    fill(app, 10)
    exporter.run()
    assert fetched(desk, file).count(b"\n") == EVENTS


@pytest.mark.parametrize("name", NAMES)
def test_an_export_of_nothing_is_a_file(
    app: Flask, desk: Desk, exporter: Exporter, name: str
) -> None:
    nothing = Query(type="nothing")
    file = desk.begin(nothing, FORMATS[name], None)
    exporter.run()
    assert fetched(desk, file) == streamed(app, name, nothing)


def test_columns_are_those_that_were_asked_for(desk: Desk, exporter: Exporter) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], "type,source")
    exporter.run()
    assert fetched(desk, file).startswith(b"type,source\r\na.b,api\r\n")
    with pytest.raises(QueryError):
        desk.begin(QUERY, FORMATS["json"], "type")


def test_who_asked_and_what_they_got_is_recorded(
    app: Flask, desk: Desk, exporter: Exporter
) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], None)
    exporter.run()
    data = fetched(desk, file)
    begun, ended, taken = exports_of(app)
    told = {"action": "export", "query": {"type": "a.*"}, "format": "csv", "export": file.id}
    assert begun == told
    assert ended == ended | told | {
        "records": EVENTS,
        "complete": True,
        "sha256": sha256(data).hexdigest(),
        "positions": [1, EVENTS],
    }
    assert taken["action"] == "fetch"
    assert (taken["export"], taken["records"]) == (file.id, EVENTS)
    who = {each.event.auth_details.user_id for each in records(app) if each.event.auth_details}
    assert who == {"olga"}


def test_it_is_nobody_elses(app: Flask, desk: Desk, exporter: Exporter) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], None)
    exporter.run()
    for other in (
        desk_of(app, "mallory"),
        desk_of(app, "olga", Scope(realm="default", organization_id="acme")),
        desk_of(app, "olga", Scope(realm="other", organization_id=None)),
    ):
        assert other.mine() == []
        with pytest.raises(NotFound):
            other.fetch(file.id)
        with pytest.raises(NotFound):
            other.cancel(file.id)
    for nonsense in ("", "x", "\0", "' OR 1=1"):
        with pytest.raises(NotFound):
            desk.fetch(nonsense)


def test_an_organization_gets_its_own_and_no_positions(app: Flask, exporter: Exporter) -> None:
    fill(app, 7, organization_id="acme")
    acme = desk_of(app, "nora", Scope(realm="default", organization_id="acme"))
    file = acme.begin(QUERY, FORMATS["ndjson"], None)
    exporter.run()
    data = fetched(acme, file)
    assert data.count(b"\n") == 7
    assert b'"position"' not in data
    told = manifests.find(file.began or "", acme.scope)
    assert (told["records"], "positions" in told) == (7, False)
    with pytest.raises(QueryError):
        acme.begin(QUERY, FORMATS["csv"], "position")


def test_a_cancelled_one_ends_where_it_is(app: Flask, desk: Desk, exporter: Exporter) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], None)
    exporter.turn(lambda: False)
    exporter.turn(lambda: False)
    desk.cancel(file.id)
    exporter.run()
    assert now(desk, file).state == "cancelled"
    with pytest.raises(NotFound):
        desk.fetch(file.id)
    assert exports_of(app)[-1]["complete"] is False
    assert state.of(app).store.files.prune(days=90, limit=100) >= 1


def test_one_that_is_over_cannot_be_fetched(
    app: Flask, desk: Desk, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], None)
    exporter.run()
    monkeypatch.setattr("flask_auditlog.web.exports.desk.now", lambda: now(desk, file).expires_time)
    with pytest.raises(NotFound):
        desk.fetch(file.id)


def test_a_failure_is_tried_again_and_then_told(
    app: Flask, desk: Desk, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter_module, "pause_after", lambda _: 0)
    files = state.of(app).store.files
    save = files.save

    def full(*args: Any, chunk: bytes | None = None, **more: Any) -> Any:
        if chunk is not None:
            raise StoreUnavailable from OSError(errno.ENOSPC, "No space left on device")
        return save(*args, **more)

    monkeypatch.setattr(files, "save", full)
    file = desk.begin(QUERY, FORMATS["csv"], None)
    for _ in range(2):
        exporter.turn(lambda: False)
    trying = now(desk, file)
    assert (trying.state, trying.failures) == ("running", 1)
    assert "cannot be reached" in (trying.error or "")
    exporter.run()
    failed = now(desk, file)
    assert (failed.state, failed.failures) == ("failed", MOST_FAILURES)
    assert exports_of(app)[-1]["complete"] is False


def test_a_failure_that_passes_does_no_harm(
    app: Flask, desk: Desk, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter_module, "pause_after", lambda _: 0)
    file = desk.begin(QUERY, FORMATS["json"], None)

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable

    for _ in range(3):
        exporter.turn(lambda: False)
    with monkeypatch.context() as broken:
        broken.setattr(state.of(app).store._reader, "stream_behind", away)  # noqa: SLF001
        broken.setattr("flask_auditlog.web.exports.making.Making._written", away)
        exporter.turn(lambda: False)
    exporter.run()
    assert fetched(desk, file) == streamed(app, "json")


def test_who_ends_leaves_it_to_the_next_at_once(desk: Desk, exporter: Exporter) -> None:
    desk.begin(QUERY, FORMATS["csv"], None)
    exporter.turn(lambda: False)
    assert (exporter.due_in() or 0) > 0
    exporter.turn(lambda: True)
    assert exporter.due_in() == 0


def test_a_secret_that_was_searched_for_is_not_kept(desk: Desk, exporter: Exporter) -> None:
    secret = "ghp_" + "a1B2" * 9
    file = desk.begin(Query(more=parse_query(f'"{secret}"')), FORMATS["csv"], None)
    assert secret not in file.asked
    exporter.run()
    assert secret not in repr(now(desk, file))


def test_so_many_are_made_for_one_at_a_time(app: Flask, desk: Desk) -> None:
    for _ in range(MOST):
        desk.begin(QUERY, FORMATS["csv"], None)
    with pytest.raises(Conflict):
        desk.begin(QUERY, FORMATS["csv"], None)
    assert len(exports_of(app)) == MOST
    desk_of(app, "nora").begin(QUERY, FORMATS["csv"], None)


def test_what_is_let_go_while_it_is_fetched_breaks_off(
    app: Flask, desk: Desk, exporter: Exporter
) -> None:
    file = desk.begin(QUERY, FORMATS["csv"], None)
    exporter.run()
    _, chunks = desk.fetch(file.id)
    next(chunks)
    desk.cancel(file.id)
    state.of(app).store.files.prune(days=90, limit=1000)
    with pytest.raises(AuditLogError):
        list(chunks)
