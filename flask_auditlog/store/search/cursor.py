"""Where a reader stopped, as an opaque, authenticated token. Pure.

A cursor holds a position, which would tell a reader scoped to an organization how much
all the others do: so it is sealed.

That of a page is bound to its query and scope: under another one it would not mean the same
place. That of the feed is bound to its scope alone: it is kept for years, over versions that
know more filters, and means the same place whatever is filtered.
"""

from __future__ import annotations

import base64
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ...errors import QueryError
from ..query import Query
from ..query import Scope

# Lengths that base64 needs no padding for: a token has one spelling.
_PAGE = struct.Struct(">qqqqx")
_FEED = struct.Struct(">qx")
_TAG = 12
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last record of a page; the end of the log, and the time, as they were at the first.

    All times are epoch milliseconds.
    """

    time: int
    position: int
    pin: int
    now: int


def seal(cursor: Cursor, query: Query, scope: Scope, key: bytes) -> str:
    """Return *cursor* as a token that only :func:`unseal` with the same values reads."""
    plain = _PAGE.pack(cursor.time, cursor.position, cursor.pin, cursor.now)

    return _sealed(plain, (query, scope), key)


def unseal(token: str, query: Query, scope: Scope, *keys: bytes) -> Cursor:
    """Read a token that was sealed with one of *keys*.

    :raises QueryError: when it is not one, or not of this query and scope.
    """
    plain = _opened(token, _PAGE.size, (query, scope), keys)
    if plain is None:
        raise QueryError(_WRONG_PAGE, field="cursor")
    time, position, pin, now = _PAGE.unpack(plain)

    return Cursor(time=time, position=position, pin=pin, now=now)


def seal_position(position: int, scope: Scope, key: bytes) -> str:
    """Return the place behind *position* as a token that only :func:`unseal_position` reads."""
    return _sealed(_FEED.pack(position), _feed_of(scope), key)


def unseal_position(token: str, scope: Scope, *keys: bytes) -> int:
    """Read a token of :func:`seal_position` that was sealed with one of *keys*.

    :raises QueryError: when it is not one, or not of this scope.
    """
    plain = _opened(token, _FEED.size, _feed_of(scope), keys)
    if plain is None:
        raise QueryError(_WRONG_FEED, field="cursor")
    position: int = _FEED.unpack(plain)[0]

    return position


_WRONG_PAGE = (
    "This cursor is not one, or belongs to another search. "
    "Use `next` as it was given, with the same filters."
)
_WRONG_FEED = (
    "This cursor is not one, or belongs to another reader's feed. "
    "Use `cursor` as it was given, or leave it out to begin anew."
)


def _feed_of(scope: Scope) -> tuple[object, ...]:
    # Spelled out, and not the scope's own repr: that may change with a version.
    return ("feed", scope.realm, scope.organization_id)


def _sealed(plain: bytes, bound: tuple[object, ...], key: bytes) -> str:
    tag = _tag(plain, bound, key)

    return base64.urlsafe_b64encode(tag + _mask(plain, tag, key)).decode()


def _opened(
    token: str, size: int, bound: tuple[object, ...], keys: Sequence[bytes]
) -> bytes | None:
    # One spelling only: the decoder would also take other letters, and more of them.
    if len(token) != (_TAG + size) * 4 // 3 or not _LETTERS.issuperset(token):
        return None
    raw = base64.urlsafe_b64decode(token)
    tag, hidden = raw[:_TAG], raw[_TAG:]
    for key in keys:
        plain = _mask(hidden, tag, key)
        if hmac.compare_digest(_tag(plain, bound, key), tag):
            return plain

    return None


def _tag(plain: bytes, bound: tuple[object, ...], key: bytes) -> bytes:
    text = repr((plain, *bound)).encode()

    return blake2b(text, key=key, digest_size=_TAG, person=b"cursor-tag").digest()


def _mask(text: bytes, tag: bytes, key: bytes) -> bytes:
    """Cover or uncover: a keyed stream from the tag, which no two cursors share (SIV)."""
    stream = blake2b(tag, key=key, digest_size=len(text), person=b"cursor-mask").digest()

    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
