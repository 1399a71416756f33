"""Who comes too often is told when to come again; nobody pays for somebody else."""

from __future__ import annotations

import os
import socket
import time
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_auditlog import AuditLog
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web.rate import FAILED
from flask_auditlog.work import limiting
from flask_auditlog.work import windows
from tests import services
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink
from tests.web.api.conftest import Api
from tests.web.api.conftest import EVENTS
from tests.web.api.conftest import Log

MOST_FAILED = int(FAILED.partition("/")[0])


def make_log(limit: str | None = "3/day", **config: Any) -> Log:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test", AUDITLOG_RATE_LIMIT=limit, **config)
    return Log(app, AuditLog(app))


@pytest.fixture
def log() -> Log:
    return make_log()


def statuses(api: Api, number: int) -> list[int]:
    return [api.get("/count").status_code for _ in range(number)]


def failing(log: Log, address: str = "203.0.113.7", secret: str = "nonsense") -> TestResponse:
    return log.app.test_client().get(
        EVENTS,
        headers={"Authorization": f"Bearer {secret}"},
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_a_token_beyond_its_limit_is_told_when_to_come_again(log: Log) -> None:
    api = log.caller()
    assert statuses(api, 3) == [200] * 3
    answer = api.post({"type": "invoice.paid"})
    assert answer.status_code == 429
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert answer.get_json() == {
        "error": "rate_limited",
        "error_description": "Too many requests. Try again after as many seconds as Retry-After says.",
    }
    assert [body for body in log.bodies() if body["type"] == "invoice.paid"] == []


def test_after_the_time_it_was_told_it_is_let_through() -> None:
    api = make_log("1/second").caller()
    answer = api.get("/count")
    while answer.status_code == 200:
        answer = api.get("/count")
    time.sleep(int(answer.headers["Retry-After"]))
    assert statuses(api, 1) == [200]


def test_one_token_does_not_pay_for_another_at_the_same_address(log: Log) -> None:
    one, another = log.caller(), log.caller()
    assert statuses(one, 4) == [200, 200, 200, 429]
    assert statuses(another, 1) == [200]


def test_what_a_token_may_not_do_counts_too(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS)
    assert statuses(api, 4) == [403, 403, 403, 429]


def test_phase_two_may_have_its_403() -> None:
    api = make_log(AUDITLOG_RATE_LIMIT_STATUS=403).caller()
    answers = [api.get("/count") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 403]
    assert answers[-1].get_json()["error"] == "rate_limited"
    assert "Retry-After" in answers[-1].headers


def test_without_a_limit_nobody_is_counted() -> None:
    log = make_log(None)
    assert {failing(log).status_code for _ in range(MOST_FAILED + 5)} == {401}


def test_who_guesses_is_limited_by_address_and_nobody_else_there_is() -> None:
    log = make_log("1000/minute")
    good = log.token(VIEW_EVENTS)
    assert {failing(log).status_code for _ in range(MOST_FAILED)} == {401}
    assert failing(log).status_code == 429
    assert failing(log, address="203.0.113.8").status_code == 401
    # A good token is let through, whatever else came from its address.
    assert failing(log, secret=good).status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("not:an:address", "not:an:address", True),
        ("203.0.113.7", "203.0.113.8", False),
    ],
)
def test_an_address_is_what_one_customer_of_a_provider_has(
    log: Log, first: str, second: str, together: bool
) -> None:
    assert [failing(log, first).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert (failing(log, second).status_code == 429) is together


def test_public_keys_are_limited_by_address(log: Log) -> None:
    client = log.app.test_client()
    path = "/audit/realms/default/protocol/openid-connect/certs"
    assert [client.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_pages_their_files_and_the_load_balancer_are_never_limited(log: Log) -> None:
    client = log.app.test_client()
    for path, status in {"static/auditlog.css": 200, "healthz": 200, "": 403}.items():
        assert {client.get(f"/audit/{path}", buffered=True).status_code for _ in range(5)} == {
            status
        }


def test_how_many_were_limited_is_a_metric(log: Log) -> None:
    assert statuses(log.caller(), 5)[3:] == [429, 429]
    metrics = log.app.test_client().get(
        "/audit/metrics", headers={"Authorization": f"Bearer {log.token(VIEW_EVENTS)}"}
    )
    assert "auditlog_rate_limited_total 2\n" in metrics.text


def test_processes_with_a_redis_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine's Redis may take longer than a request would wait for it.
    monkeypatch.setattr(limiting, "PATIENCE", 10.0)
    with services.redis_server() as url:
        logs = [make_log(AUDITLOG_REDIS_URL=url) for _ in range(2)]
        # Each of them in memory, so it is the strangers who are counted together.
        found = [failing(logs[n % 2]).status_code for n in range(5)]
    assert found == [401, 401, 401, 429, 429]


def test_while_redis_is_away_nobody_is_limited_and_the_log_says_so(logged: StringIO) -> None:
    url = f"redis://:p4ssw0rd@127.0.0.1:{services.free_port()}/0"
    log = make_log(AUDITLOG_REDIS_URL=url)
    assert {failing(log).status_code for _ in range(10)} == {401}
    assert "nobody is limited" in logged.getvalue()
    assert "p4ssw0rd" not in logged.getvalue()


def test_a_redis_that_dies_limits_nobody_any_more(logged: StringIO) -> None:
    with services.redis_server() as url:
        log = make_log(AUDITLOG_REDIS_URL=url)
        assert [failing(log).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert failing(log).status_code == 401
    assert "nobody is limited: ConnectionError" in logged.getvalue()


def test_a_redis_that_answers_what_no_redis_does_limits_nobody(logged: StringIO) -> None:
    def babble(_: Sink, sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with sink(babble) as server:
        log = make_log(AUDITLOG_REDIS_URL=f"redis://127.0.0.1:{server.port}/0")
        assert failing(log).status_code == 401
    assert "nobody is limited" in logged.getvalue()


def test_a_redis_that_hangs_holds_nobody_for_long(
    logged: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(server: Sink, _: socket.socket) -> None:
        server.over.wait(20)

    monkeypatch.setattr(limiting, "PATIENCE", 0.05)
    with sink(hang) as server:
        log = make_log(AUDITLOG_REDIS_URL=f"redis://127.0.0.1:{server.port}/0")
        # The answer comes while it still hangs.
        assert failing(log).status_code == 401
        assert not server.over.is_set()
    assert "nobody is limited: TimeoutError" in logged.getvalue()


def test_a_fault_of_ours_is_not_taken_for_a_redis_that_is_away(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise TypeError

    monkeypatch.setattr(windows.Windows, "get_expiry", broken)
    limiter = limiting.Limiter(None)
    assert limiter.wait("1/day", "somebody") == 0
    with pytest.raises(TypeError):
        limiter.wait("1/day", "somebody")


def test_addresses_beyond_number_fill_no_memory(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST", 5)
    counted = windows.Windows()
    for number in range(100):
        assert counted.incr(f"address {number}", 60) == 1
    assert sum(counted.get(f"address {number}") for number in range(100)) == 5


def test_a_child_of_a_fork_counts_by_itself(log: Log) -> None:
    api = log.caller()
    assert statuses(api, 4)[-1] == 429
    child = os.fork()
    if not child:
        # The parent's counts are the parent's; its locks may be held for ever.
        os._exit(api.get("/count").status_code == 200)
    assert os.waitpid(child, 0)[1] >> 8 == 1
