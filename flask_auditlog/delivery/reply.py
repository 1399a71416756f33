"""Reading what a stranger answers: with an end to it, whatever they send."""

from __future__ import annotations

import httptools

from .dial import Clock
from .dial import Connection
from .dial import SendError

# Of the headers, and of the body: more is not read. In bytes.
HEAD_BYTES = 64 * 1024
BODY_BYTES = 16 * 1024
_AT_ONCE = 16 * 1024


class Reply:
    """An answer as far as it was read.

    ``silent``: not a byte came. ``reusable``: it was read to its end, and the connection can
    serve another request.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.silent = True
        self.reusable = False
        self._ended = self._more = self._keeps_alive = False
        self._parser = httptools.HttpResponseParser(self)

    def read(self, connection: Connection, clock: Clock) -> None:
        """Read the answer to what was sent.

        A status is an answer, whatever becomes of the body behind it.

        :raises SendError: when there is no status.
        """
        head = 0
        while not self._ended and len(self.body) < BODY_BYTES:
            try:
                data = self._receive(connection, clock)
            except SendError:
                if self.status is None:
                    raise
                return
            if self.status is None:
                head += len(data)
                if head > HEAD_BYTES + _AT_ONCE:
                    raise SendError("protocol", "The headers of the answer are too long.")
        self.reusable = self._ended and not self._more and self._keeps_alive

    def _receive(self, connection: Connection, clock: Clock) -> bytes:
        try:
            connection.socket.settimeout(clock.left())
            data = connection.socket.recv(_AT_ONCE)
        except TimeoutError as error:
            raise SendError("timeout", "The host did not answer in time.") from error
        except OSError as error:
            raise SendError("reset", "The host ended the connection.") from error
        if not data:
            raise SendError("reset", "The host ended the connection without an answer.")
        self.silent = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise SendError("protocol", "The host's answer is not HTTP.") from error

        return data

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Learn that there is another answer behind the one that was asked for."""
        self._more = self._ended

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        if self._ended:
            return
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Learn the status. That of an interim answer (1xx) is none."""
        status = self._parser.get_status_code()
        if self._ended:
            return
        if status >= 200:
            self.status = status
        else:
            self.headers.clear()

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body, up to the bound."""
        if self._ended:
            return
        self.body += data[: BODY_BYTES - len(self.body)]

    def on_message_complete(self) -> None:
        """Learn that it is read."""
        if not self._ended and self.status is not None:
            self._ended, self._keeps_alive = True, self._parser.should_keep_alive()
