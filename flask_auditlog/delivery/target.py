"""The URL of an endpoint, taken apart once."""

from __future__ import annotations

from urllib.parse import quote
from urllib.parse import urlsplit

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent

URL_CHARS = 2048
# Where web servers are. Elsewhere something else may listen, that takes a request for its own.
PORTS = frozenset({80, 443, 8080, 8088, 8443})

_DEFAULT = {"http": 80, "https": 443}
# What a path and a query may hold (RFC 3986, 3.3 and 3.4); a % is taken for an escape.
_PATH = "/%:@!$&'()*+,;=~-._"
_QUERY = f"{_PATH}?"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send to: ``path`` with the query, ``host`` in ASCII and without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host

        return host if self.port == _DEFAULT[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Return the parts of *url*.

    What it resolves to is another question, asked at each dial.

    :raises InvalidEvent: when it is no URL that a webhook can have. The message does not
        repeat it: it may hold a password.
    """
    if not 0 < len(url) <= URL_CHARS or not url.isprintable() or " " in url or "\\" in url:
        raise _wrong(f"A URL is a text of 1 to {URL_CHARS} characters without spaces.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:
        raise _wrong("The URL's host or port is not one.") from error
    if parts.scheme not in _DEFAULT or not host or host.startswith("."):
        raise _wrong("A webhook's URL begins with https:// and a host.")
    if "@" in parts.netloc or "#" in url:
        raise _wrong("A webhook's URL has no user, no password and no fragment.")
    if "%" in host or port == 0:
        raise _wrong("The URL's host or port is not one.")
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""

    return Target(
        scheme=parts.scheme,
        host=host,
        port=port or _DEFAULT[parts.scheme],
        path=(quote(parts.path, safe=_PATH) or "/") + query,
    )


def _wrong(message: str) -> InvalidEvent:
    return InvalidEvent(faults=[Fault("url", message)])
