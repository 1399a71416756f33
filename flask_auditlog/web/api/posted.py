"""The bytes of a POST, and what its headers say of them. Nothing is read beyond a bound."""

from __future__ import annotations

import re

from flask import request

from ...errors import InvalidEvent
from ...errors import TooLarge
from ...errors import UnsupportedMedia
from ..decode import Framing

# `curl -d` says that it sends a form, and a client may say nothing at all. Both are JSON
# here if they begin like it, and a form, which never does, is refused.
_JSON = frozenset({"", "application/json", "application/x-www-form-urlencoded"})
_BEGINS_LIKE_JSON = re.compile(rb"[ \t\n\r]*[\[{]")
_FORM = "application/x-www-form-urlencoded"
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_AT_ONCE = 64 * 1024


def framing() -> Framing:
    """Return how events stand in the body. :raises UnsupportedMedia: when it is not JSON."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the body without a Content-Encoding, such as gzip.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in _UTF8:
        raise UnsupportedMedia("Send the body in UTF-8.")
    if request.mimetype in _JSON:
        return Framing.JSON
    if request.mimetype == Framing.NDJSON.value:
        return Framing.NDJSON
    raise UnsupportedMedia


def body(most: int) -> bytes:
    """Return the body. :raises TooLarge: when it has more than *most* bytes.

    :raises UnsupportedMedia: when it is a form.
    """
    if (request.content_length or 0) > most:
        raise _too_large(most)
    read = _read(most)
    if len(read) > most:
        raise _too_large(most)
    if request.mimetype == _FORM and not _BEGINS_LIKE_JSON.match(read):
        raise UnsupportedMedia

    return read


def _read(most: int) -> bytes:
    """Read the body up to a little more than *most*. A chunked one has said no length."""
    parts: list[bytes] = []
    size = 0
    while size <= most and (part := request.stream.read(_AT_ONCE)):
        parts.append(part)
        size += len(part)

    # Empty too when a hook of the host has read it before: then Flask has kept it.
    return b"".join(parts) if parts else request.get_data(cache=False)


def idempotency_key() -> str | None:
    """Return the ``Idempotency-Key``. :raises InvalidEvent: when it is not one."""
    value = request.headers.get("Idempotency-Key")
    if value is not None and not _KEY.fullmatch(value):
        raise InvalidEvent("An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return value


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most:,} bytes. Send several.")
