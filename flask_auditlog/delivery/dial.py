"""Connections to strangers: each address is checked at the moment it is dialled.

Nothing is taken from the environment: no proxy, no password file.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import Literal

from .addresses import Networks
from .target import PORTS
from .target import Target

# In seconds: how long a name may take, and a connection to one of its addresses.
RESOLVE_SECONDS = 2.0
CONNECT_SECONDS = 5.0
# Most names looked up at a time. Nobody can end a lookup that hangs.
LOOKUPS = 16

Kind = Literal["dns", "connect", "tls", "timeout", "reset", "protocol", "policy"]
Sockaddr = tuple[Any, ...]
# Gives what TLS is made with.
Context = Callable[[], ssl.SSLContext]
# Gives the families and addresses of a host and port.
Resolver = Callable[[str, int], Sequence[tuple[int, Sockaddr]]]

_lookups = threading.BoundedSemaphore(LOOKUPS)


def _after_fork() -> None:
    """In a child process the threads that look names up are not there to say that they are done."""
    global _lookups  # noqa: PLW0603
    _lookups = threading.BoundedSemaphore(LOOKUPS)


os.register_at_fork(after_in_child=_after_fork)


class SendError(Exception):
    """Why nothing came of an attempt, in a word and in a sentence. It never leaves this room."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Clock:
    """What is left of the time for an exchange, in seconds."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float = float("inf")) -> float:
        """:raises SendError: when nothing is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise SendError("timeout", "The time was up.")
        return min(left, most)


class Connection:
    """A connection, to whom it is, and how long it took to make, in milliseconds."""

    __slots__ = ("address", "born", "phases", "socket", "used")

    def __init__(self, sock: socket.socket, address: str, phases: dict[str, float]) -> None:
        self.socket = sock
        self.address = address
        self.phases = phases
        self.born = self.used = time.monotonic()

    def close(self) -> None:
        """Close it, whatever state it is in."""
        self.socket.close()


def system_resolver(host: str, port: int) -> Sequence[tuple[int, Sockaddr]]:
    """Ask the operating system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    return [(family, address) for family, _, _, _, address in found]


def client_context(ca_file: str | None = None, *, ca: str | None = None) -> ssl.SSLContext:
    """Return what TLS is made with: 1.2 or newer, names and certificates verified.

    :param ca_file: authorities in place of the system's; *ca*: the same as a text in PEM.
    """
    context = ssl.create_default_context(cafile=ca_file, cadata=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    return context


def dial(
    target: Target,
    networks: Networks,
    context: Context,
    clock: Clock,
    *,
    resolver: Resolver = system_resolver,
) -> Connection:
    """Return a new connection to *target*.

    :param context: of TLS, asked for where it is needed.
    :raises SendError: when there is none, or there may be none.
    """
    phases: dict[str, float] = {}
    began = time.monotonic()
    found = checked(target, networks, _resolved(target, resolver, clock))
    began = _took(phases, "dns", began)
    sock, address = _connected(found, clock)
    began = _took(phases, "connect", began)
    try:
        # The address that was checked, and no other.
        if sock.getpeername()[0] != address:
            raise SendError("policy", "The connection is not to the address that was checked.")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.scheme == "https":
            sock = _secured(sock, target.host, context(), clock)
            _took(phases, "tls", began)
    except BaseException:
        sock.close()
        raise

    return Connection(sock, address, phases)


def _took(phases: dict[str, float], name: str, began: float) -> float:
    now = time.monotonic()
    phases[name] = round((now - began) * 1000, 3)

    return now


def numeric_resolver(host: str, port: int) -> Sequence[tuple[int, Sockaddr]]:
    """Ask nobody: only what is an address already is one. For tests, which have no network."""
    flags = socket.AI_NUMERICHOST
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)

    return [(family, address) for family, _, _, _, address in found]


def approve(target: Target, networks: Networks, *, resolver: Resolver = system_resolver) -> None:
    """Say early what each dial would say: to who gives the URL, and not five days later.

    A name that is not known may be known tomorrow: of it is refused what would be refused at
    any address.

    :raises SendError: when *target* may not be dialled as things are now.
    """
    try:
        found = _resolved(target, resolver, Clock(RESOLVE_SECONDS))
    except SendError:
        if not networks.opens_some:
            _check_public(target)
        return
    checked(target, networks, found)


def checked(
    target: Target, networks: Networks, found: Sequence[tuple[int, Sockaddr]]
) -> Sequence[tuple[int, Sockaddr]]:
    """Return *found* if all of it may be dialled. One that may not is enough: which of them
    is taken is chance, and a name that leads to both is nobody's mistake.

    :raises SendError: when one may not.
    """
    for _, sockaddr in found:
        address = sockaddr[0]
        if not networks.allows(address):
            raise SendError("policy", "The host is at an address that is not open to webhooks.")
        if not networks.opened(address):
            _check_public(target)

    return found


def _check_public(target: Target) -> None:
    """What holds wherever the operator has opened no network."""
    if target.scheme != "https":
        raise SendError("policy", "Plain HTTP is accepted in AUDITLOG_WEBHOOK_ALLOW only.")
    if target.port not in PORTS:
        ports = ", ".join(map(str, sorted(PORTS)))
        raise SendError("policy", f"The port is none of those open to webhooks: {ports}.")


def _resolved(target: Target, resolver: Resolver, clock: Clock) -> Sequence[tuple[int, Sockaddr]]:
    """Look a name up in a thread of its own, which is left to itself if it takes too long."""
    found: list[tuple[int, Sockaddr]] = []
    failed: list[Exception] = []
    lookups = _lookups

    def look() -> None:
        try:
            found.extend(resolver(target.host, target.port))
        except (OSError, UnicodeError) as error:
            failed.append(error)
        finally:
            lookups.release()

    patience = clock.left(RESOLVE_SECONDS)
    if not lookups.acquire(timeout=patience):
        raise SendError("dns", "Too many names are being looked up.")
    thread = threading.Thread(target=look, name="auditlog-dns", daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise SendError("dns", "The host's name took too long to look up.")
    if failed or not found:
        raise SendError("dns", "The host's name is not known.")

    return found


def _connected(found: Sequence[tuple[int, Sockaddr]], clock: Clock) -> tuple[socket.socket, str]:
    error: SendError | None = None
    for family, sockaddr in found:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(clock.left(CONNECT_SECONDS))
            sock.connect(sockaddr)
        except TimeoutError:
            error = SendError("timeout", "The host did not answer.")
        except OSError as refused:
            error = SendError("connect", f"No connection: {refused.strerror or 'failed'}.")
        except BaseException:
            sock.close()
            raise
        else:
            return sock, sockaddr[0]
        sock.close()

    raise error or SendError("dns", "The host's name is not known.")


def _secured(
    sock: socket.socket, host: str, context: ssl.SSLContext, clock: Clock
) -> socket.socket:
    sock.settimeout(clock.left())
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except TimeoutError as error:
        raise SendError("timeout", "The host did not finish the TLS handshake.") from error
    except ssl.SSLCertVerificationError as error:
        raise SendError("tls", f"The certificate is not valid: {error.verify_message}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or "the connection was ended"
        raise SendError("tls", f"The TLS handshake failed: {reason}.") from error
