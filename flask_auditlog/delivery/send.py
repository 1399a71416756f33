"""One HTTP try: nothing that a stranger does makes it long, large or dangerous."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Mapping

import msgspec

from .addresses import Networks
from .connections import Connections
from .connections import Key
from .dial import client_context
from .dial import Clock
from .dial import Connection
from .dial import Context
from .dial import dial
from .dial import Resolver
from .dial import SendError
from .dial import system_resolver
from .reply import Reply
from .target import Target

# What is kept of an answer: bytes of its body, headers, and characters of each.
KEPT_BODY = 4096
KEPT_HEADERS, KEPT_HEADER_CHARS = 50, 500

_LINE = re.compile(r"[^\t\x20-\x7e]")
# What a text may not do where it is shown; line breaks and tabs are let through.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SECRET_HEADERS = frozenset({"set-cookie", "set-cookie2", "authorization", "www-authenticate"})

_OK, _REDIRECT = range(200, 300), range(300, 400)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt.

    ``error`` is ``None`` for a success, and else what went wrong: ``http`` (a status that is
    none), ``redirect``, ``dns``, ``connect``, ``tls``, ``timeout``, ``reset``, ``protocol``
    or ``policy``; ``message`` says it in a sentence. ``phases`` and ``milliseconds`` are
    milliseconds.
    """

    status: int | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: str = ""
    error: str | None = None
    message: str | None = None
    address: str | None = None
    phases: dict[str, float] = msgspec.field(default_factory=dict)
    milliseconds: float = 0.0
    reused: bool = False


class Sender:
    """Sends, over connections that are kept. May be used from any number of threads.

    :param networks: where may be sent to.
    :param context: of TLS; by default the system's authorities are trusted.
    """

    def __init__(
        self,
        networks: Networks,
        *,
        context: Context | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._networks = networks
        # Made with the first that needs it: it reads all the authorities' certificates, and no
        # app should wait for that when it starts.
        self._context = context or functools.cache(client_context)
        self._resolver = resolver
        self.connections = Connections(networks)

    def send(
        self,
        endpoint_id: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
        *,
        seconds: float,
        context: Context | None = None,
    ) -> Answer:
        """POST *body*, and return what came of it. What the network does is never raised.

        :param seconds: for all of it, from the first byte to the last.
        :param context: of TLS, if the endpoint has its own.
        """
        request = _head(target, headers, len(body)) + body
        began, clock = time.monotonic(), Clock(seconds)
        key = (endpoint_id, target, context)
        kept = self.connections.take(key)
        if kept is not None:
            answer = self._exchange(key, kept, request, clock)
            if answer is not None:
                return _timed(answer, began, reused=True)
        # A kept one may have been closed by the peer in the moment we took it: that is no
        # answer of theirs, and they have seen nothing. So once more, on a fresh one.
        try:
            chosen = context or self._context
            fresh = dial(target, self._networks, chosen, clock, resolver=self._resolver)
        except SendError as error:
            return _timed(Answer(error=error.kind, message=str(error)), began)
        answer = self._exchange(key, fresh, request, clock, fresh=True)

        return _timed(answer or Answer(), began)

    def _exchange(
        self,
        key: Key,
        connection: Connection,
        request: bytes,
        clock: Clock,
        *,
        fresh: bool = False,
    ) -> Answer | None:
        """Ask on *connection*; ``None`` if it is not *fresh* and its peer was gone already."""
        reply, asked = Reply(), time.monotonic()
        failed: SendError | None = None
        try:
            _send(connection, request, clock)
            reply.read(connection, clock)
        except SendError as error:
            failed = error
        except BaseException:
            connection.close()
            raise
        waited = round((time.monotonic() - asked) * 1000, 3)
        if failed is None and reply.reusable:
            self.connections.give(key, connection)
        else:
            connection.close()
        if failed is not None and failed.kind == "reset" and reply.silent and not fresh:
            return None

        phases = {**(connection.phases if fresh else {}), "wait": waited}
        kind, message = _verdict(reply.status, failed)

        return Answer(
            status=reply.status,
            headers=_kept(reply.headers),
            body=_text(bytes(reply.body[:KEPT_BODY])),
            error=kind,
            message=message,
            address=connection.address,
            phases=phases,
        )


def _head(target: Target, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {length}")
    for line in lines:
        # Whoever gets a line break in here writes a request of their own.
        if _LINE.search(line):
            raise ValueError("A header to be sent holds a line break or is not ASCII.")

    return "\r\n".join((*lines, "\r\n")).encode("ascii")


def _send(connection: Connection, request: bytes, clock: Clock) -> None:
    """Send all of it. A peer that has ended may have answered before: that is read next."""
    rest = memoryview(request)
    try:
        while rest:
            connection.socket.settimeout(clock.left())
            rest = rest[connection.socket.send(rest) :]
    except TimeoutError as error:
        raise SendError("timeout", "The host did not take the request in time.") from error
    except OSError:
        return


def _verdict(status: int | None, failed: SendError | None) -> tuple[str | None, str | None]:
    if status is None:
        return (failed.kind, str(failed)) if failed else ("protocol", "There was no answer.")
    if status in _OK:
        return None, None
    if status in _REDIRECT:
        return "redirect", f"The host answered {status}: redirects are not followed."

    return "http", f"The host answered {status}."


def _timed(answer: Answer, began: float, *, reused: bool = False) -> Answer:
    took = round((time.monotonic() - began) * 1000, 3)

    return msgspec.structs.replace(answer, milliseconds=took, reused=reused)


def _kept(headers: list[tuple[str, str]]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in headers[:KEPT_HEADERS]:
        shown = "[masked]" if name in _SECRET_HEADERS else _CONTROLS.sub("", value)
        kept.setdefault(name[:KEPT_HEADER_CHARS], shown[:KEPT_HEADER_CHARS])

    return kept


def _text(body: bytes) -> str:
    # What was compressed is shown as it came: nothing of it is ever unpacked.
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", body.decode("utf-8", "replace"))
