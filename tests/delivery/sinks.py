"""Real servers for webhooks to go to: each does with a connection what a test says."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 204 No Content\r\nserver: sink\r\n\r\n"


class Request:
    """What came: the head's lines, and the body."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.line, *lines = head.decode().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        self.headers = {name.lower(): value for name, _, value in pairs}
        self.body = body


def read(sock: socket.socket) -> Request | None:
    """Read a request; ``None`` when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    request = Request(head, body)
    while len(request.body) < int(request.headers["content-length"]):
        request.body += sock.recv(65536)
    return request


class Sink:
    """A server at 127.0.0.1."""

    def __init__(self, serve: Callable[[Sink, socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.requests: list[Request] = []
        self.accepted = 0
        # Set when a test is over, for those who wait.
        self.over = threading.Event()
        self.sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.sockets.append(sock)
            thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        with sock:
            try:
                self._serve(self, sock)
            except OSError:
                return

    def close(self) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self.sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


@contextmanager
def sink(serve: Callable[[Sink, socket.socket], None]) -> Iterator[Sink]:
    """A server that does *serve* with each connection."""
    server = Sink(serve)
    yield server
    server.close()


def answering(answer: bytes) -> Callable[[Sink, socket.socket], None]:
    """Answer each request with the same bytes, for as long as requests come."""

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            sock.sendall(answer)

    return serve


def once(answer: bytes) -> Callable[[Sink, socket.socket], None]:
    """Answer one request and end the connection, without a word of that in the answer."""

    def serve(server: Sink, sock: socket.socket) -> None:
        request = read(sock)
        if request is not None:
            server.requests.append(request)
            sock.sendall(answer)

    return serve


def dripping(first: bytes, drop: bytes, every: float) -> Callable[[Sink, socket.socket], None]:
    """Answer with *first*, and then with a drop from time to time, for ever."""

    def serve(server: Sink, sock: socket.socket) -> None:
        read(sock)
        sock.sendall(first)
        while not server.over.wait(every):
            sock.sendall(drop)

    return serve


def silent(server: Sink, sock: socket.socket) -> None:
    """Take the request, and never answer."""
    read(sock)
    server.over.wait(30)


def over_tls(
    certificate: Path, serve: Callable[[Sink, socket.socket], None]
) -> Callable[[Sink, socket.socket], None]:
    """Do the same behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secured(server: Sink, sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as inner:
            server.sockets.append(inner)
            serve(server, inner)

    return secured


def certificate(path: Path, *, name: str = "hook.test", days: int = 1) -> Path:
    """Write a certificate for *name*, signed by itself, with its key, to *path*."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "127.0.0.1":
        names = [x509.IPAddress(ipaddress.ip_address(name))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path
