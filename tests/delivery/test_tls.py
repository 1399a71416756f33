"""Endpoints that know us by a certificate, and that we know by authorities of their own."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from flask_auditlog.delivery.given import Given
from flask_auditlog.delivery.tls import CHARS
from flask_auditlog.delivery.tls import check_tls
from flask_auditlog.delivery.tls import context_of
from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.store.outbox import tables as outbox

from .hooked import Hooked
from .sinks import certificate
from .sinks import OK
from .sinks import read
from .sinks import Sink
from .sinks import sink


def parts(path: Path) -> dict[str, str]:
    """A certificate and its key, of a file with the key first."""
    key, end, made = path.read_text().partition("-----END PRIVATE KEY-----\n")
    return {"certificate": made, "key": key + end}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates: the server's, and those of two tenants."""
    folder = tmp_path_factory.mktemp("papers")
    names = {"server": "127.0.0.1", "acme": "acme.test", "globex": "globex.test"}
    return {each: certificate(folder / each, name=name) for each, name in names.items()}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One of them: what is sealed is bytes in both."""
    return sqlite_url


class Door:
    """A server that only lets in whom it knows, and notes who came over which connection."""

    def __init__(self, papers: Mapping[str, Path], *known: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(papers["server"])
        self._context.verify_mode = ssl.CERT_REQUIRED
        for each in known:
            self._context.load_verify_locations(cadata=parts(papers[each])["certificate"])
        # For each connection its peer's name, and the types of events that came over it.
        self.came: list[tuple[str, list[str]]] = []

    def __call__(self, server: Sink, sock: socket.socket) -> None:
        with self._context.wrap_socket(sock, server_side=True) as inner:
            server.sockets.append(inner)
            subject: Any = (inner.getpeercert() or {})["subject"]
            types: list[str] = []
            self.came.append((subject[0][0][1], types))
            while (request := read(inner)) is not None:
                server.requests.append(request)
                types.append(json.loads(request.body)["type"])
                inner.sendall(OK)


def url(server: Sink) -> str:
    return server.url.replace("http://", "https://")


def endpoint(hooked: Hooked, server: Sink, type_: str, tls: Mapping[str, object] | None) -> str:
    given = Given(url=url(server), event_types=[type_], enabled=True, tls=tls)
    return hooked.desk.create(given)[0].id


def test_two_tenants_of_one_host_come_each_with_their_own_certificate(
    hooked: Hooked, papers: dict[str, Path]
) -> None:
    door = Door(papers, "acme", "globex")
    ca = {"ca": parts(papers["server"])["certificate"]}
    with sink(door) as server:
        for tenant in ("acme", "globex"):
            endpoint(hooked, server, f"{tenant}.*", parts(papers[tenant]) | ca)
        hooked.record(*["acme.paid", "globex.paid"] * 20)
        while hooked.deliverer.run():
            pass
    assert {(name, each) for name, types in door.came for each in types} == {
        ("acme.test", "acme.paid"),
        ("globex.test", "globex.paid"),
    }
    # Connections were kept, and yet none was shared.
    assert len(server.requests) == 40 > len(door.came)
    hooked.check(server.requests)


def test_a_new_certificate_is_used_over_a_new_connection(
    hooked: Hooked, papers: dict[str, Path]
) -> None:
    door = Door(papers, "acme", "globex")
    ca = {"ca": parts(papers["server"])["certificate"]}
    with sink(door) as server:
        made = endpoint(hooked, server, "invoice.*", parts(papers["acme"]) | ca)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        hooked.desk.update(made, Given(tls=parts(papers["globex"]) | ca))
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    assert [name for name, _ in door.came] == ["acme.test", "globex.test"]
    (change,) = (r for r in hooked.records() if r.event.type == "admin.WEBHOOK-UPDATE")
    assert (change.event.details or {})["replaced"] == ["tls"]
    assert "CERTIFICATE" not in change.body


@pytest.mark.parametrize("stranger", ["certificate", "authority"])
def test_a_stranger_gets_nothing(hooked: Hooked, papers: dict[str, Path], stranger: str) -> None:
    mine = "globex" if stranger == "certificate" else "acme"
    authority = "server" if stranger == "certificate" else "globex"
    tls = parts(papers[mine]) | {"ca": parts(papers[authority])["certificate"]}
    with sink(Door(papers, "acme")) as server:
        endpoint(hooked, server, "invoice.*", tls)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    assert server.requests == []
    (delivery,) = hooked.deliveries()
    assert delivery.state == "pending"
    assert delivery.last_error in ("tls", "reset")


def test_what_is_kept_of_it_is_sealed_and_taken_back(
    hooked: Hooked, papers: dict[str, Path]
) -> None:
    with sink(Door(papers, "acme")) as server:
        made = endpoint(hooked, server, "invoice.*", parts(papers["acme"]))
        (row,) = hooked.rows(outbox.endpoint)
        assert b"PRIVATE" not in row.tls
        hooked.desk.update(made, Given(description="of acme"))
        assert hooked.rows(outbox.endpoint)[0].tls is not None
        hooked.desk.update(made, Given(tls=None))
        assert hooked.rows(outbox.endpoint)[0].tls is None


def encrypted(pem: str) -> str:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    ).decode()


Papers = dict[str, str]
# What is made of the papers of two.
BAD: dict[str, Callable[[Papers, Papers], dict[str, object]]] = {
    "half": lambda acme, globex: {"certificate": acme["certificate"]},
    "key alone": lambda acme, globex: {"key": acme["key"]},
    "another's key": lambda acme, globex: {**acme, "key": globex["key"]},
    "encrypted": lambda acme, globex: {**acme, "key": encrypted(acme["key"])},
    "no certificate": lambda acme, globex: {**acme, "certificate": "hunter2"},
    "no key": lambda acme, globex: {**acme, "key": "hunter2"},
    "no authority": lambda acme, globex: {"ca": "hunter2"},
    "a key as authority": lambda acme, globex: {"ca": acme["key"]},
    "no text": lambda acme, globex: {"ca": 1},
    "long": lambda acme, globex: {"ca": acme["certificate"] + "\n" * CHARS},
    "odd": lambda acme, globex: {"ca": "\ud800\0"},
    "more": lambda acme, globex: {**acme, "hunter2": "x"},
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_tls_can_be_made_of_is_refused_with_a_sentence(
    papers: dict[str, Path], name: str
) -> None:
    given = BAD[name](parts(papers["acme"]), parts(papers["globex"]))
    with pytest.raises(InvalidWebhook) as refused:
        check_tls(given)
    (fault,) = refused.value.faults
    assert fault.field == "tls"
    assert "hunter2" not in fault.message
    assert "-----" not in fault.message


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_wherever_it_runs_no_file_of_a_key_is_left(
    papers: dict[str, Path], platform: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert context_of(parts(papers["acme"])) is not None
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nothing_of_its_own_is_nothing(papers: dict[str, Path]) -> None:
    assert check_tls(None) is None
    assert check_tls({}) is None
    assert check_tls(parts(papers["acme"])) == parts(papers["acme"])
