"""Where a page ended, as an opaque, authenticated token. Pure.

A cursor holds a position, which would tell a reader scoped to an organization how much
all the others do: so it is sealed. It is also bound to its query and scope: under
another one it would not mean the same place.
"""

from __future__ import annotations

import base64
import hmac
import re
import struct
from dataclasses import dataclass
from hashlib import blake2b

from ..errors import QueryError
from .query import Query
from .query import Scope

_PLAIN = struct.Struct(">qqq")
_TAG = 12
_SPELLING = re.compile(r"[A-Za-z0-9_-]{48}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last record of a page, and the end of the log as it was at the first page."""

    time: int
    position: int
    pin: int


def seal(cursor: Cursor, query: Query, scope: Scope, key: bytes) -> str:
    """Return *cursor* as a token that only :func:`unseal` with the same values reads."""
    plain = _PLAIN.pack(cursor.time, cursor.position, cursor.pin)
    tag = _tag(plain, query, scope, key)

    return base64.urlsafe_b64encode(tag + _mask(plain, tag, key)).decode()


def unseal(token: str, query: Query, scope: Scope, *keys: bytes) -> Cursor:
    """Read a token that was sealed with one of *keys*.

    :raises QueryError: when it is not one, or not of this query and scope.
    """
    # One spelling only: the decoder would also take other letters, and more of them.
    if not _SPELLING.fullmatch(token):
        raise QueryError(_WRONG, field="cursor")
    raw = base64.urlsafe_b64decode(token)
    tag, hidden = raw[:_TAG], raw[_TAG:]
    for key in keys:
        plain = _mask(hidden, tag, key)
        if hmac.compare_digest(_tag(plain, query, scope, key), tag):
            time, position, pin = _PLAIN.unpack(plain)
            return Cursor(time=time, position=position, pin=pin)

    raise QueryError(_WRONG, field="cursor")


_WRONG = (
    "This cursor is not one, or belongs to another search. "
    "Use `next` as it was given, with the same filters."
)


def _tag(plain: bytes, query: Query, scope: Scope, key: bytes) -> bytes:
    bound = repr((plain, query, scope)).encode()

    return blake2b(bound, key=key, digest_size=_TAG, person=b"cursor-tag").digest()


def _mask(text: bytes, tag: bytes, key: bytes) -> bytes:
    """Cover or uncover: a keyed stream from the tag, which no two cursors share (SIV)."""
    stream = blake2b(tag, key=key, digest_size=_PLAIN.size, person=b"cursor-mask").digest()

    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
