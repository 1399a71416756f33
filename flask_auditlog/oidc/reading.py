"""What a provider tells at an address: read within bounds, and from nowhere else."""

from __future__ import annotations

import time
import urllib.request
from http.client import HTTPException
from http.client import HTTPMessage
from ipaddress import ip_address
from typing import Any
from typing import IO
from urllib.parse import urlsplit

import msgspec

from ..errors import ConfigError

# In seconds: for all of it, and for each part of it.
DEADLINE, PATIENCE = 5.0, 2.0
MOST_BYTES, AT_ONCE = 256 * 1024, 16 * 1024

# What reading may raise. Messages of these may hold what the provider sent.
FAILURES = (OSError, HTTPException, ValueError, msgspec.DecodeError, RecursionError)


class UnusableError(ValueError):
    """What the provider told cannot be used. The message is ours, and repeats nothing of it."""


def check_uri(uri: str, name: str) -> None:
    """See that nobody in between can change what is read there. :raises ConfigError: otherwise."""
    if not is_safe(uri):
        raise ConfigError(f"OIDCTokens: {name} begins with https://. Plain http is for localhost.")


def is_safe(uri: str) -> bool:
    """Whether it is ``https``, or ``http`` to this machine."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return False

    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host)))


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: elsewhere may be plain http, or a machine within."""

    def redirect_request(
        self, req: Any, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nobody; what is answered is an error then."""


def read_object(uri: str) -> dict[str, Any]:
    """Return the JSON object at an address. :raises ValueError: and the rest of :data:`FAILURES`."""
    until = time.monotonic() + DEADLINE
    opener, body = urllib.request.build_opener(_Stay), bytearray()
    with opener.open(uri, timeout=PATIENCE) as answer:
        while part := answer.read1(AT_ONCE):
            body += part
            if len(body) > MOST_BYTES or time.monotonic() > until:
                raise ValueError("too large, or too slow")
    told = msgspec.json.decode(body)
    if not isinstance(told, dict):
        raise ValueError("not an object")

    return told
