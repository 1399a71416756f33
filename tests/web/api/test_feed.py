"""The feed: what a SIEM pulls, from where it stopped."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web import reads
from flask_auditlog.web.api import following
from tests.web.api.conftest import Api
from tests.web.api.conftest import Log


def told(answer: dict[str, Any]) -> list[str]:
    """The types of the events of an answer."""
    return [event["type"] for event in answer["events"]]


def pull(api: Api, cursor: str | None, **params: Any) -> dict[str, Any]:
    given = {"cursor": cursor, **params} if cursor else params
    answer: dict[str, Any] = api.get("/feed", **given).get_json()
    return answer


@pytest.fixture
def threaded(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The caller, at a server that answers several requests at once."""
    answer = app.wsgi_app
    monkeypatch.setattr(
        app, "wsgi_app", lambda environ, start: answer(environ | {"wsgi.multithread": True}, start)
    )
    return api


def test_pulled_again_and_again_it_gives_every_event_once_in_order(api: Api) -> None:
    cursor, seen = None, []
    for batch in (["a", "b", "c"], [], ["d"], ["e", "f", "g", "h", "i"]):
        api.post([{"type": name} for name in batch])
        more = True
        while more:
            answer = pull(api, cursor, limit=2)
            seen += told(answer)
            cursor, more = answer["cursor"], answer["more"]
    assert seen == list("abcdefghi")
    assert pull(api, cursor)["events"] == []


def test_events_are_the_same_bytes_as_in_a_search(api: Api) -> None:
    api.post({"type": "a", "details": {"é": 1.50}})
    text = api.get().text
    assert text.removeprefix('{"events":').partition(',"next"')[0] in api.get("/feed").text


def test_it_takes_the_filters_of_a_search_and_others_later(api: Api) -> None:
    api.post([{"type": "a"}, {"type": "b"}, {"type": "a"}])
    answer = pull(api, None, type="b")
    assert (told(answer), answer["more"]) == (["b"], False)
    api.post({"type": "a"})
    assert told(pull(api, answer["cursor"], type="a")) == ["a"]


def test_now_begins_with_what_happens_next(api: Api) -> None:
    api.post({"type": "a"})
    answer = pull(api, "now", reads="true")
    assert answer["events"] == []
    api.post({"type": "b"})
    assert told(pull(api, answer["cursor"])) == ["b"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "then"}, "cursor"),
        ({"wait": "31"}, "wait"),
        ({"wait": "-1"}, "wait"),
        ({"wait": "1.5"}, "wait"),
        ({"wait": "٣"}, "wait"),
        ({"limit": "0"}, "limit"),
        ({"start": "now"}, "start"),
    ],
)
def test_what_it_cannot_read_is_refused(api: Api, params: dict[str, str], field: str) -> None:
    answer = api.get("/feed", **params)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, field)


def test_a_cursor_of_another_organization_is_refused(log: Log, api: Api) -> None:
    acme, globex = (log.caller(VIEW_EVENTS, organization_id=name) for name in ("acme", "globex"))
    cursor = pull(acme, None)["cursor"]
    assert globex.get("/feed", cursor=cursor).status_code == 400
    assert api.get("/feed", cursor=cursor).status_code == 400


def test_an_organization_gets_its_own_events_without_positions(log: Log) -> None:
    both = [{"type": name, "organizationId": name} for name in ("acme", "globex")]
    log.caller(PUBLISH_EVENTS, PUBLISH_AS).post(both)
    acme = log.caller(VIEW_EVENTS, organization_id="acme")
    answer = pull(acme, None)
    assert told(answer) == ["acme"]
    assert "position" not in answer["events"][0]
    log.caller(PUBLISH_EVENTS, PUBLISH_AS).post(both[1])
    assert pull(acme, answer["cursor"])["cursor"] == answer["cursor"]


# The read is recorded


def test_a_day_of_pulling_is_one_read_of_each_token(
    log: Log, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = log.caller(VIEW_EVENTS)
    for _ in range(3):
        pull(api, None, type="x")
        pull(other, None)
    found = [read["details"] for read in log.read_events()]
    assert found == [{"action": "feed", "query": {"type": "x"}}, {"action": "feed", "query": {}}]
    monkeypatch.setattr(reads, "DAY", reads.DAY - 60_000)
    pull(api, None)
    assert len(log.read_events()) == 3


def test_also_another_process_does_not_record_it_again(log: Log, api: Api) -> None:
    pull(api, None)
    log.app.extensions["auditlog"].fed.clear()
    pull(api, None)
    assert len(log.read_events()) == 1


def test_a_token_does_not_read_that_it_reads(log: Log, api: Api) -> None:
    other = log.caller(VIEW_EVENTS)
    pull(other, None)
    api.get()
    answer = pull(api, None, reads="true")
    actions = [event["details"]["action"] for event in answer["events"]]
    assert actions == ["feed", "search"]
    assert answer["events"][0]["tokenId"] != log.read_events()[-1]["tokenId"]
    assert len(log.read_events()) == 3


def test_what_cannot_be_recorded_is_not_given(
    audit: AuditLog, log: Log, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise StoreUnavailable

    api.post({"type": "a"})
    with log.app.app_context():
        monkeypatch.setattr(audit.events, "append", away)
    assert api.get("/feed").status_code == 503
    monkeypatch.undo()
    assert told(pull(api, None)) == ["a"]
    assert len(log.read_events()) == 1


# Waiting


class Clock:
    """Stands for the time: a pause takes none, and something may happen in it."""

    def __init__(self, *happens: Any) -> None:
        self.now = 0.0
        self.pauses = 0
        self.happens = list(happens)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        if self.happens:
            self.happens.pop(0)()

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            following, "time", SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep)
        )


def test_it_waits_for_what_matches(threaded: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    post = threaded.post
    clock = Clock(lambda: None, lambda: post({"type": "a"}), lambda: post({"type": "b"}))
    clock.rule(monkeypatch)
    answer = pull(threaded, None, type="b", wait=30)
    assert (told(answer), clock.pauses) == (["b"], 3)
    assert pull(threaded, answer["cursor"])["events"] == []


def test_it_waits_no_longer_than_it_is_asked_to(
    threaded: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(lambda: threaded.post({"type": "a"}))
    clock.rule(monkeypatch)
    answer = pull(threaded, None, type="b", wait=2)
    assert (answer["events"], clock.now) == ([], 2.0)
    # What it has passed meanwhile is not looked at again.
    assert pull(threaded, answer["cursor"])["events"] == []


def test_what_is_there_is_given_at_once(threaded: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.rule(monkeypatch)
    threaded.post({"type": "a"})
    assert told(pull(threaded, None, wait=30)) == ["a"]
    assert clock.pauses == 0


def test_nobody_waits_where_a_process_answers_one_request_at_a_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.rule(monkeypatch)
    assert pull(api, None, wait=30)["events"] == []
    assert clock.pauses == 0


def test_only_so_many_wait_at_once(
    app: Flask, threaded: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = app.extensions["auditlog"]
    clock = Clock()
    clock.rule(monkeypatch)
    with state.waiting.one_of(9), state.waiting.one_of(9):
        assert pull(threaded, None, wait=30)["events"] == []
        assert clock.pauses == 0
    pull(threaded, None, wait=1)
    assert clock.pauses == 4


def test_a_request_that_waits_hears_of_another(log: Log, threaded: Api) -> None:
    answers = []

    def ask() -> None:
        other = Api(log.app.test_client(), threaded.secret)
        answers.append(pull(other, "now", wait=30))

    waiting = threading.Thread(target=ask)
    waiting.start()
    while waiting.is_alive():
        threaded.post({"type": "a"})
        waiting.join(0.1)
    assert set(told(answers[0])) == {"a"}


def test_one_answer_does_not_look_through_all_of_a_large_log(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.search.feed.WALKED", 1)
    monkeypatch.setattr(following, "PATIENCE", -1)
    api.post([{"type": "a"}, {"type": "a"}, {"type": "b"}])
    answers = [pull(api, None, type="b")]
    while answers[-1]["more"]:
        answers.append(pull(api, answers[-1]["cursor"], type="b"))
    assert [told(answer) for answer in answers] == [[], [], ["b"], []]
