"""The registers beside the log: realms and tokens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from ...errors import InvalidEvent
from ...errors import NotFound
from ...errors import StoreError
from ...settings import check_realm_name
from ..promises import PERMISSIONS
from ..promises import Token
from ..search.reader import Reader
from ..tables import realm
from ..tables import token
from ..writing import insert_unless_there
from ..writing import writing

# How long another process may not know of a new realm or a revoked token, in seconds.
REMEMBERED = 3.0
# How often the last use of a token is written, in milliseconds.
USE_NOTED = 60_000
# What every token of ours begins with, so that it is known, and masked, wherever it leaks.
TOKEN_PREFIX = "al_"  # noqa: S105 (not a token)


def _now() -> int:
    return time.time_ns() // 1_000_000


class SqlRealms:
    """See :class:`.promises.Realms`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: frozenset[str] = frozenset()

    def add(self, name: str) -> bool:
        """Register a realm; return whether it is new. :raises ConfigError: for a bad name."""
        check_realm_name(name)
        with self._reader.connect() as connection:
            if connection.scalar(sa.select(realm.c.name).where(realm.c.name == name)) is not None:
                return False
        with writing(self._reader) as connection:
            insert = insert_unless_there(connection, realm)
            connection.execute(insert.values(name=name, created_time=_now()))
        self._known = self._known | {name}

        return True

    def add_all(self, names: Iterable[str]) -> None:
        """Register what is not there yet."""
        for name in names:
            if name not in self:
                self.add(name)

    def all(self) -> list[str]:
        """The registered realms, in alphabetical order."""
        with self._reader.connect() as connection:
            names = list(connection.scalars(sa.select(realm.c.name).order_by(realm.c.name)))
        self._known = frozenset(names)

        return names

    def __contains__(self, name: object) -> bool:
        # Realms are never removed, so only what is unknown has to be asked for.
        return name in self._known or name in self.all()

    def check(self, name: str) -> None:
        """See :meth:`.promises.Realms.check`."""
        if name not in self:
            raise NotFound(f"There is no realm {name}. Add it with `flask auditlog realm add`.")


class SqlTokens:
    """See :class:`.promises.Tokens`."""

    def __init__(self, reader: Reader, realms: SqlRealms) -> None:
        self._reader = reader
        self._realms = realms
        self._found: dict[bytes, tuple[float, Token]] = {}

    def create(
        self,
        *,
        name: str,
        realm: str,
        permissions: Sequence[str],
        organization_id: str | None = None,
        expires_time: int | None = None,
        created_by: str | None = None,
    ) -> tuple[Token, str]:
        """See :meth:`.promises.Tokens.create`."""
        if unknown := sorted(set(permissions) - set(PERMISSIONS)):
            raise InvalidEvent(
                f"There is no permission {unknown[0]}. Known: {', '.join(PERMISSIONS)}."
            )
        self._realms.check(realm)
        new = Token(
            id=secrets.token_hex(8),
            name=name,
            realm=realm,
            organization_id=organization_id,
            permissions=frozenset(permissions),
            created_time=_now(),
            created_by=created_by,
            expires_time=expires_time,
        )
        secret = f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"
        with writing(self._reader) as connection:
            connection.execute(sa.insert(token).values(_row(new, digest_of(secret))))

        return new, secret

    def find(self, secret: str) -> Token | None:
        """See :meth:`.promises.Tokens.find`."""
        if not secret.startswith(TOKEN_PREFIX):
            return None
        digest = digest_of(secret)
        kept, found = self._found.get(digest, (0.0, None))
        if found is None or time.monotonic() > kept:
            found = self._look_up(digest)
        if found is None or not _lives(found):
            return None
        if _now() - (found.last_used_time or 0) > USE_NOTED:
            found = self._note_use(digest, found)

        # It may have been revoked elsewhere, which noting its use has just read.
        return found if _lives(found) else None

    def ended(self, secret: str) -> Token | None:
        """See :meth:`.promises.Tokens.ended`."""
        # Not looked up: whoever sends what we never gave out shall cost no second query.
        _, found = self._found.get(digest_of(secret), (0.0, None))

        return None if found is None or _lives(found) else found

    def _look_up(self, digest: bytes) -> Token | None:
        with self._reader.connect() as connection:
            row = connection.execute(
                sa.select(token).where(token.c.secret_digest == digest)
            ).one_or_none()
        if row is None:
            return None

        return self._remember(digest, _token(row))

    def _remember(self, digest: bytes, found: Token) -> Token:
        # Each step is one of a dict's own, so threads need no lock, which a fork could break.
        if len(self._found) > 1000:
            self._found.clear()
        self._found[digest] = (time.monotonic() + REMEMBERED, found)

        return found

    def _note_use(self, digest: bytes, found: Token) -> Token:
        now = _now()
        this = token.c.id == found.id
        try:
            with writing(self._reader) as connection:
                connection.execute(sa.update(token).where(this).values(last_used_time=now))
                row = connection.execute(sa.select(token).where(this)).one()
        except StoreError:
            # The log is busy, and refuses nobody for that: the use is noted at another call.
            return found

        return self._remember(digest, _token(row))

    def all(self) -> list[Token]:
        """See :meth:`.promises.Tokens.all`."""
        newest = sa.select(token).order_by(token.c.created_time.desc(), token.c.id)
        with self._reader.connect() as connection:
            return [_token(row) for row in connection.execute(newest)]

    def revoke(self, token_id: str) -> Token:
        """See :meth:`.promises.Tokens.revoke`."""
        this = token.c.id == token_id
        with writing(self._reader) as connection:
            connection.execute(
                sa.update(token)
                .where(this, token.c.revoked_time.is_(None))
                .values(revoked_time=_now())
            )
            row = connection.execute(sa.select(token).where(this)).one_or_none()
        self._found.clear()
        if row is None:
            raise NotFound(f"There is no token {token_id}. `flask auditlog token list` shows all.")

        return _token(row)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret of ours, and found by."""
    # It has 256 random bits: a slow hash would protect nothing and cost every call.
    return sha256(secret.encode()).digest()


def _lives(found: Token) -> bool:
    return found.revoked_time is None and (
        found.expires_time is None or _now() < found.expires_time
    )


def _row(new: Token, digest: bytes) -> dict[str, Any]:
    values = {name: getattr(new, name) for name in new.__struct_fields__}

    return values | {"permissions": " ".join(sorted(new.permissions)), "secret_digest": digest}


def _token(row: Any) -> Token:
    values = {name: getattr(row, name) for name in Token.__struct_fields__}

    return Token(**(values | {"permissions": frozenset(row.permissions.split())}))
