from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flask_auditlog.delivery import dial
from flask_auditlog.delivery.addresses import Networks
from flask_auditlog.delivery.dial import client_context
from flask_auditlog.delivery.send import Answer
from flask_auditlog.delivery.send import Sender
from flask_auditlog.delivery.target import target_of

from .sinks import answering
from .sinks import certificate
from .sinks import dripping
from .sinks import OK
from .sinks import once
from .sinks import over_tls
from .sinks import read
from .sinks import silent
from .sinks import Sink
from .sinks import sink

HERE = Networks(["127.0.0.0/8"])
BODY = '{"name":"é😀"}'.encode()


@pytest.fixture
def make_sender() -> Iterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def make(**more: Any) -> Sender:
        made.append(Sender(**{"networks": HERE} | more))
        return made[-1]

    yield make
    for each in made:
        each.connections.close()


@pytest.fixture
def sender(make_sender: Callable[..., Sender]) -> Sender:
    return make_sender()


def post(sender: Sender, url: str, *, seconds: float = 3, endpoint: str = "one") -> Answer:
    headers = {"Content-Type": "application/json", "webhook-id": "msg_1"}
    return sender.send(endpoint, target_of(url), headers, BODY, seconds=seconds)


def test_a_delivery_arrives_as_it_was_written(sender: Sender) -> None:
    with sink(answering(OK)) as server:
        answer = post(sender, f"{server.url}?a=b")
        (request,) = server.requests
    assert request.line == "POST /hook?a=b HTTP/1.1"
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "content-length": str(len(BODY)),
    }
    assert request.body == BODY
    assert (answer.status, answer.error, answer.address) == (204, None, "127.0.0.1")
    assert answer.headers == {"server": "sink"}
    assert set(answer.phases) == {"dns", "connect", "wait"}
    assert sum(answer.phases.values()) <= answer.milliseconds


@pytest.mark.parametrize(
    ("raw", "status", "error", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, None, "ok"),
        (
            b"HTTP/1.1 202 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            202,
            None,
            "ok",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, None, "to the end"),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 9\r\n\r\nshort", 200, None, "short"),
        (b"HTTP/1.1 103 Hints\r\na: b\r\n\r\n" + OK, 204, None, ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 204, None, ""),
        (b"HTTP/1.1 299 X\r\ncontent-length: 0\r\n\r\n", 299, None, ""),
        (b"HTTP/1.1 300 X\r\ncontent-length: 0\r\n\r\n", 300, "redirect", ""),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", 410, "http", ""),
        (b"HTTP/1.1 503 X\r\ncontent-length: 4\r\n\r\nbusy", 503, "http", "busy"),
        (b"HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", None, "protocol", ""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n", None, "protocol", ""),
        (b"SSH-2.0-OpenSSH\r\n", None, "protocol", ""),
        (b"HTTP/1.1 200", None, "reset", ""),
        (b"HTTP/1.1 103 Hints\r\na: b\r\n\r\n", None, "reset", ""),
        (b"", None, "reset", ""),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000, None, "protocol", ""),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 200_000, None, "protocol", ""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\xff\x00\x1b", 200, None, "\ufffd" * 3),
    ],
)
def test_every_answer_has_its_meaning(
    sender: Sender, raw: bytes, status: int | None, error: str | None, body: str
) -> None:
    with sink(once(raw)) as server:
        answer = post(sender, server.url)
    assert (answer.status, answer.error, answer.body) == (status, error, body)
    assert (answer.message is None) is (error is None)


def test_what_is_kept_of_an_answer_is_bounded_and_without_its_secrets(sender: Sender) -> None:
    lines = [f"x-{number}: {'v' * 1000}" for number in range(30)]
    head = "\r\n".join(["HTTP/1.1 200 OK", "set-cookie: session=secret", *lines])
    raw = f"{head}\r\ncontent-length: 16000\r\n\r\n{'b' * 16000}".encode()
    with sink(once(raw)) as server:
        answer = post(sender, server.url)
    assert answer.headers["set-cookie"] == "[masked]"
    assert max(len(value) for value in answer.headers.values()) == 500
    assert (len(answer.headers), len(answer.body)) == (32, 4096)


def test_a_redirect_is_not_followed(sender: Sender) -> None:
    with sink(answering(OK)) as other:
        for status in (302, 307, 308):
            head = f"HTTP/1.1 {status} X\r\nlocation: {other.url}\r\ncontent-length: 0\r\n\r\n"
            with sink(answering(head.encode())) as server:
                assert post(sender, server.url).error == "redirect"
        assert other.accepted == 0


# Time


@pytest.mark.parametrize(
    "serve",
    [
        silent,
        dripping(b"", b"H", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 0.05),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    ],
)
def test_who_does_not_answer_is_left_at_the_deadline(sender: Sender, serve: Any) -> None:
    with sink(serve) as server:
        began = time.monotonic()
        answer = post(sender, server.url, seconds=0.5)
        took = time.monotonic() - began
    assert answer.status is None
    # A drop that is no HTTP is noticed before.
    assert answer.error in {"timeout", "protocol"}
    assert took < 20
    assert answer.error == "protocol" or took >= 0.5


def test_who_answers_and_then_drips_has_answered(sender: Sender) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
    with sink(dripping(head, b"x", 0.02)) as server:
        answer = post(sender, server.url, seconds=0.5)
        assert (answer.status, answer.error) == (200, None)
        assert 450 < answer.milliseconds < 20_000
        assert post(sender, server.url, seconds=0.2).reused is False


def test_who_takes_nothing_is_left_at_the_deadline(sender: Sender) -> None:
    def deaf(server: Sink, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.over.wait(30)

    with sink(deaf) as server:
        large = b"x" * 20_000_000
        answer = sender.send("one", target_of(server.url), {}, large, seconds=0.5)
    assert answer.error == "timeout"


def test_an_endless_body_is_not_read(sender: Sender) -> None:
    def endless(server: Sink, sock: socket.socket) -> None:
        read(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")
        sock.sendall(gzip.compress(b"\0" * 10_000_000))
        while not server.over.is_set():
            sock.sendall(b"x" * 65536)

    with sink(endless) as server:
        answer = post(sender, server.url, seconds=60)
    assert (answer.status, answer.error) == (200, None)
    assert len(answer.body) <= 4096
    # Whoever reads on does so until the deadline.
    assert answer.milliseconds < 30_000


# Connections


def test_a_connection_serves_many_deliveries_of_one_endpoint(sender: Sender) -> None:
    with sink(answering(OK)) as server:
        assert [post(sender, server.url).reused for _ in range(3)] == [False, True, True]
        assert server.accepted == 1
        post(sender, server.url, endpoint="two")
        assert server.accepted == 2
        post(sender, server.url)
        assert server.accepted == 2


@pytest.mark.parametrize("gone_for", [0.0, 0.2])
def test_one_that_the_peer_has_closed_costs_no_attempt(sender: Sender, gone_for: float) -> None:
    with sink(once(OK)) as server:
        for _ in range(3):
            assert post(sender, server.url).status == 204
            time.sleep(gone_for)
        assert [request.body for request in server.requests] == [BODY] * 3


def test_what_is_not_read_to_its_end_is_not_used_again(sender: Sender) -> None:
    long = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    for raw in (long, closing):
        with sink(answering(raw)) as server:
            assert [post(sender, server.url).reused for _ in range(2)] == [False, False]


def test_an_answer_that_nobody_asked_for_is_nobodys(sender: Sender) -> None:
    with sink(answering(OK + b"HTTP/1.1 500 X\r\n\r\n")) as server:
        assert [post(sender, server.url).status for _ in range(3)] == [204] * 3


def test_a_child_process_does_not_share_them(sender: Sender) -> None:
    with sink(answering(OK)) as server:
        post(sender, server.url)
        child = os.fork()
        if child == 0:
            answer = post(sender, server.url)
            os._exit(0 if (answer.status, answer.reused) == (204, False) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert post(sender, server.url).reused
        assert server.accepted == 2


def test_many_threads_may_send(sender: Sender) -> None:
    with sink(answering(OK)) as server:
        answers: list[Answer] = []
        threads = [
            threading.Thread(
                target=lambda: answers.extend(post(sender, server.url) for _ in range(20))
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [204] * 160
        assert server.accepted <= 8


# Where it may go


@pytest.mark.parametrize(
    "host",
    """127.0.0.1 [::1] 0177.0.0.1 2130706433 0x7f.1 127.1 [::ffff:7f00:1] [64:ff9b::a9fe:a9fe]
    [2002:7f00:1::] localhost localhost. 169.254.169.254 0.0.0.0 [::]""".split(),
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_inside_is_not_dialled(
    make_sender: Callable[..., Sender], host: str, scheme: str
) -> None:
    with sink(answering(OK)) as server:
        answer = post(
            make_sender(networks=Networks()), f"{scheme}://{host}:{server.port}/", seconds=3
        )
        assert answer.error in {"policy", "dns"}
        assert server.accepted == 0


def resolving(*addresses: str) -> Callable[[str, int], Sequence[tuple[int, dial.Sockaddr]]]:
    def resolve(host: str, port: int) -> Sequence[tuple[int, dial.Sockaddr]]:
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], (each, port)) for each in addresses]

    return resolve


def test_a_name_is_checked_at_each_dial(make_sender: Callable[..., Sender]) -> None:
    addresses = ["127.0.0.1"]

    def resolve(host: str, port: int) -> Sequence[tuple[int, dial.Sockaddr]]:
        return resolving(*addresses)(host, port)

    sender = make_sender(resolver=resolve)
    with sink(once(OK)) as server:
        url = f"http://hook.test:{server.port}/"
        assert post(sender, url).status == 204
        addresses[:] = ["10.0.0.1"]
        assert post(sender, url).error == "policy"
        # One bad answer of several is enough.
        addresses[:] = ["127.0.0.1", "169.254.169.254"]
        assert post(sender, url).error == "policy"
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hook.test/", "Plain HTTP"),
        ("https://hook.test:22/", "port"),
        ("https://hook.test:6379/", "port"),
    ],
)
def test_outside_only_https_and_its_ports_are_open(
    make_sender: Callable[..., Sender], url: str, message: str
) -> None:
    answer = post(make_sender(resolver=resolving("8.8.8.8")), url)
    assert answer.error == "policy"
    assert message in (answer.message or "")


def test_a_name_that_takes_too_long_is_left_to_itself(
    make_sender: Callable[..., Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(dial, "RESOLVE_SECONDS", 0.1)

    def hang(host: str, port: int) -> Sequence[tuple[int, dial.Sockaddr]]:
        over.wait(10)
        return []

    sender = make_sender(resolver=hang)
    answers = [post(sender, "https://hook.test/") for _ in range(dial.LOOKUPS + 1)]
    over.set()
    assert {answer.error for answer in answers} == {"dns"}
    assert answers[-1].message == "Too many names are being looked up."
    # Those who hung let go.
    deadline = time.monotonic() + 20
    while post(sender, "https://hook.test/").message != "The host's name is not known.":
        assert time.monotonic() < deadline


def test_who_is_not_there_is_said(sender: Sender) -> None:
    with sink(answering(OK)) as server:
        url = server.url
    assert post(sender, url).error == "connect"
    assert post(sender, "https://nowhere.invalid/").error == "dns"


def test_the_environment_names_no_proxy(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink(answering(OK)) as proxy, sink(answering(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(sender, server.url).status == 204
        assert (proxy.accepted, server.accepted) == (0, 1)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "é", "a\x00"])
def test_a_header_with_a_line_break_is_never_sent(sender: Sender, value: str) -> None:
    with sink(answering(OK)) as server:
        with pytest.raises(ValueError, match="line break"):
            sender.send("one", target_of(server.url), {"X-A": value}, BODY, seconds=1)
        assert server.accepted == 0


# TLS


def tls(make_sender: Callable[..., Sender], trusted: Path, server: Sink) -> Answer:
    made = make_sender(
        context=partial(client_context, str(trusted)), resolver=resolving("127.0.0.1")
    )
    return post(made, f"https://hook.test:{server.port}/")


def test_tls_is_verified(make_sender: Callable[..., Sender], tmp_path: Path) -> None:
    good = certificate(tmp_path / "good.pem")
    with sink(over_tls(good, answering(OK))) as server:
        answer = tls(make_sender, good, server)
        assert (answer.status, set(answer.phases)) == (204, {"dns", "connect", "tls", "wait"})
        # Signed by somebody we do not know.
        assert tls(make_sender, certificate(tmp_path / "x.pem"), server).error == "tls"
    for name, days in (("other.test", 1), ("hook.test", -1)):
        bad = certificate(tmp_path / "bad.pem", name=name, days=days)
        with sink(over_tls(bad, answering(OK))) as server:
            answer = tls(make_sender, bad, server)
            assert (answer.status, answer.error) == (None, "tls")
            assert server.requests == []


def test_tls_is_not_done_without(make_sender: Callable[..., Sender], tmp_path: Path) -> None:
    good = certificate(tmp_path / "good.pem")

    def plain(server: Sink, sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(OK)

    def hang_up(server: Sink, sock: socket.socket) -> None:
        sock.recv(1)

    for serve in (plain, hang_up):
        with sink(serve) as server:
            assert tls(make_sender, good, server).error == "tls"
            assert server.requests == []


def test_an_old_tls_is_none() -> None:
    assert client_context().minimum_version == ssl.TLSVersion.TLSv1_2
    assert client_context().verify_mode == ssl.CERT_REQUIRED


def test_a_handshake_that_hangs_ends_at_the_deadline(
    make_sender: Callable[..., Sender], tmp_path: Path
) -> None:
    def hang(server: Sink, sock: socket.socket) -> None:
        server.over.wait(10)

    made = make_sender(resolver=resolving("127.0.0.1"))
    with sink(hang) as server:
        answer = post(made, f"https://hook.test:{server.port}/", seconds=0.5)
    assert answer.error == "timeout"
    assert answer.milliseconds < 20_000
