"""Secrets of the log itself, beside those of endpoints, and sealed like them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from ...event import new_uid
from ..search.reader import Reader
from ..webhooks import Secret
from ..writing import insert_unless_there
from ..writing import read_now
from ..writing import writing
from . import keys
from .tables import endpoint
from .tables import secret

# Whose they are, in the place of an endpoint's id: no endpoint has this one.
LOG = "log"


class SqlKeyring:
    """See :class:`.keeping.Keyring`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def live(self, name: str) -> list[Secret]:
        """See :meth:`.keeping.Keyring.live`."""
        with self._reader.connect() as connection:
            return keys.alive(connection, _named(name), read_now(connection))

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """See :meth:`.keeping.Keyring.kept`."""
        found = self.live(name)
        if found:
            return found[0].ciphertext
        # Not inside a transaction: it may take a tenth of a second.
        made = make()
        with writing(self._reader) as connection:
            # The first of a name has that name as its id, so that there is one.
            new = _row(name, made, read_now(connection))
            connection.execute(insert_unless_there(connection, secret), new)

        # Another process may have been first.
        return self.live(name)[0].ciphertext

    def rotate(self, name: str, sealed: bytes, *, grace: int) -> None:
        """See :meth:`.keeping.Keyring.rotate`."""
        mine = _named(name)
        with writing(self._reader) as connection:
            # Two at once would each leave a current one.
            connection.execute(sa.select(secret.c.id).where(mine).with_for_update()).all()
            now = read_now(connection)
            keys.expire(connection, mine, now=now, grace=grace)
            connection.execute(sa.insert(secret), _row(f"{name}:{new_uid()}", sealed, now))
            keys.trim(connection, mine, now=now)
            # Whoever sends has opened the key before, and keeps it until the endpoint changes.
            connection.execute(
                sa.update(endpoint)
                .where(endpoint.c.auth_type == "bearer")
                .values(version=endpoint.c.version + 1, updated_time=now)
            )


def _named(name: str) -> sa.ColumnElement[bool]:
    mine = sa.or_(secret.c.id == name, secret.c.id.startswith(f"{name}:", autoescape=True))

    return sa.and_(secret.c.endpoint_id == LOG, mine)


def _row(secret_id: str, sealed: bytes, now: int) -> Mapping[str, Any]:
    new = Secret(id=secret_id, endpoint_id=LOG, kind="rsa", ciphertext=sealed, created_time=now)

    return msgspec.structs.asdict(new)
