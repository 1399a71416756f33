"""The register of endpoints, and of the secrets they are signed with.

Every question takes a scope: an endpoint of an organization is seen by that organization, and
by whoever may see the whole realm.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from ...errors import InvalidWebhook
from ...errors import NotFound
from ...event import new_uid
from .. import followers
from ..kept.registers import SqlRealms
from ..query import Scope
from ..search.reader import head
from ..search.reader import Reader
from ..tables import realm
from ..webhooks import DisabledReason
from ..webhooks import Endpoint
from ..webhooks import EVERY_REALM
from ..webhooks import FOLLOWER
from ..webhooks import Secret
from ..webhooks import SecretKind
from ..writing import read_now
from ..writing import writing
from . import keys
from .removing import PIECE
from .removing import remove
from .tables import endpoint
from .tables import health

_JSON = ("event_types", "exclude_clients", "attributes")
_FIXED = frozenset({"id", "realm", "organization_id", "since_position", "version", "disabled_time"})


class SqlEndpoints:
    """See :class:`.outward.Endpoints`."""

    def __init__(self, reader: Reader, realms: SqlRealms) -> None:
        self._reader = reader
        self._realms = realms

    def create(
        self, new: Endpoint, *, sealed: bytes | None = None, kind: SecretKind = "hmac", at_most: int
    ) -> Endpoint:
        """See :meth:`.outward.Endpoints.create`."""
        if new.realm != EVERY_REALM:
            self._realms.check(new.realm)
        with writing(self._reader) as connection:
            # Two at once would both count before either is there.
            connection.execute(
                sa.select(realm.c.name).where(realm.c.name == new.realm).with_for_update()
            )
            if (connection.scalar(_count(*_of_owner(new))) or 0) >= at_most:
                raise InvalidWebhook(f"There are {at_most} webhooks already. Delete one first.")
            # Who sends no events on, as nobody wants any, does not pass those of this moment.
            followers.hold(connection, FOLLOWER)
            now = read_now(connection)
            made = msgspec.structs.replace(
                new,
                id=new.id or new_uid(),
                since_position=head(connection),
                version=1,
                disabled_reason=None if new.enabled else "manual",
                disabled_time=None if new.enabled else now,
                created_time=now,
                updated_time=now,
            )
            connection.execute(sa.insert(endpoint), _row(msgspec.structs.asdict(made)))
            if sealed is not None:
                keys.add(connection, made.id, sealed, kind=kind, now=now)

        return made

    def get(self, endpoint_id: str, scope: Scope) -> Endpoint | None:
        """See :meth:`.outward.Endpoints.get`."""
        with self._reader.connect() as connection:
            return _endpoint_of(connection, _one(endpoint_id, scope))

    def all(self, scope: Scope, *, first: int = 0, limit: int = 100) -> list[Endpoint]:
        """See :meth:`.outward.Endpoints.all`."""
        statement = (
            sa.select(*endpoint.c)
            .where(*within(scope))
            .order_by(endpoint.c.id.desc())
            .offset(first)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return [_endpoint(row) for row in connection.execute(statement).mappings()]

    def count(self, scope: Scope) -> int:
        """See :meth:`.outward.Endpoints.count`."""
        with self._reader.connect() as connection:
            return connection.scalar(_count(*within(scope))) or 0

    def update(self, endpoint_id: str, scope: Scope, changes: Mapping[str, Any]) -> Endpoint:
        """See :meth:`.outward.Endpoints.update`."""
        if _FIXED & changes.keys():
            raise ValueError("This of an endpoint never changes.")
        with writing(self._reader) as connection:
            known = must_find(connection, endpoint_id, scope)
            return change(connection, known, changes)

    def disable(self, endpoint_id: str, reason: DisabledReason) -> bool:
        """See :meth:`.outward.Endpoints.disable`."""
        with writing(self._reader) as connection:
            now = read_now(connection)
            statement = (
                sa.update(endpoint)
                .where(endpoint.c.id == endpoint_id, endpoint.c.enabled)
                .values(
                    enabled=False,
                    disabled_reason=reason,
                    disabled_time=now,
                    version=endpoint.c.version + 1,
                    updated_time=now,
                )
                .returning(endpoint.c.id)
            )
            return connection.scalar(statement) is not None

    def delete(self, endpoint_id: str, scope: Scope) -> Endpoint:
        """See :meth:`.outward.Endpoints.delete`."""
        while True:
            with writing(self._reader) as connection:
                known = must_find(connection, endpoint_id, scope)
                if remove(connection, endpoint_id, limit=PIECE) < PIECE:
                    return known
                # A long backlog is cancelled in pieces, and nothing is sent of it meanwhile.
                # Should this process die, `upkeep` finishes what is marked so.
                connection.execute(
                    sa.update(endpoint)
                    .where(endpoint.c.id == endpoint_id)
                    .values(enabled=False, disabled_reason="deleted")
                )

    def secrets(self, endpoint_id: str) -> list[Secret]:
        """See :meth:`.outward.Endpoints.secrets`."""
        with self._reader.connect() as connection:
            return keys.live(connection, endpoint_id, read_now(connection))

    def rotate(
        self,
        endpoint_id: str,
        scope: Scope,
        sealed: bytes,
        *,
        kind: SecretKind,
        grace: int = keys.GRACE,
    ) -> Endpoint:
        """See :meth:`.outward.Endpoints.rotate`."""
        with writing(self._reader) as connection:
            known = must_find(connection, endpoint_id, scope)
            now = read_now(connection)
            keys.replace(connection, endpoint_id, sealed, kind=kind, now=now, grace=grace)
            _touch(connection, known, now)

        return msgspec.structs.replace(known, version=known.version + 1, updated_time=now)

    def retire(self, endpoint_id: str, scope: Scope) -> int:
        """See :meth:`.outward.Endpoints.retire`."""
        with writing(self._reader) as connection:
            known = must_find(connection, endpoint_id, scope)
            ended = keys.retire(connection, endpoint_id)
            if ended:
                _touch(connection, known, read_now(connection))

        return ended

    def number(self) -> int:
        """See :meth:`.outward.Endpoints.number`."""
        with self._reader.connect() as connection:
            return connection.scalar(_count()) or 0

    def named(self, endpoint_ids: Collection[str]) -> dict[str, Endpoint]:
        """See :meth:`.outward.Endpoints.named`."""
        with self._reader.connect() as connection:
            found = connection.execute(_NAMED, {"ids": list(endpoint_ids)}).mappings()
            return {row["id"]: _endpoint(row) for row in found}


def change(connection: sa.Connection, known: Endpoint, changes: Mapping[str, Any]) -> Endpoint:
    """Change an endpoint that the transaction holds; return it as it is now."""
    now = read_now(connection)
    switched = changes.get("enabled", known.enabled)
    disabling: dict[str, Any] = {}
    if switched and not known.enabled:
        # It begins anew: what it failed at before would disable it at its next failure.
        connection.execute(sa.delete(health).where(health.c.endpoint_id == known.id))
    if switched != known.enabled:
        disabling = {
            "disabled_reason": None if switched else "manual",
            "disabled_time": None if switched else now,
        }
    changed = msgspec.structs.replace(
        known, **changes, **disabling, version=known.version + 1, updated_time=now
    )
    connection.execute(
        sa.update(endpoint)
        .where(endpoint.c.id == known.id)
        .values(_row(msgspec.structs.asdict(changed)))
    )

    return changed


def every(connection: sa.Connection) -> list[Endpoint]:
    """Return the endpoints of all realms, in the transaction of who sends records to them."""
    # None is deleted meanwhile, and has deliveries afterwards: who does that holds the follower.
    return [_endpoint(row) for row in connection.execute(_EVERY).mappings()]


_EVERY = sa.select(*endpoint.c).order_by(endpoint.c.id)
_NAMED = sa.select(*endpoint.c).where(endpoint.c.id.in_(sa.bindparam("ids")))


def held_still(connection: sa.Connection, endpoint_id: str) -> Endpoint | None:
    """Return the endpoint, whosever it is; it is not changed until the end of the transaction."""
    mine = sa.select(*endpoint.c).where(endpoint.c.id == endpoint_id)

    return _endpoint_of(connection, mine.with_for_update(read=True))


def within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Return what holds for the endpoints that *scope* may see."""
    conditions = [endpoint.c.realm == scope.realm]
    if scope.organization_id is not None:
        conditions.append(endpoint.c.organization_id == scope.organization_id)

    return conditions


def _of_owner(new: Endpoint) -> list[sa.ColumnElement[bool]]:
    """Those that count beside *new*: what one organization makes is no other's limit."""
    return [
        endpoint.c.realm == new.realm,
        endpoint.c.organization_id.is_not_distinct_from(new.organization_id),
    ]


def _count(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(endpoint).where(*conditions)


def _one(endpoint_id: str, scope: Scope) -> sa.Select[Any]:
    return sa.select(*endpoint.c).where(endpoint.c.id == endpoint_id, *within(scope))


def _endpoint_of(connection: sa.Connection, statement: sa.Select[Any]) -> Endpoint | None:
    row = connection.execute(statement).mappings().one_or_none()

    return _endpoint(row) if row is not None else None


def must_find(
    connection: sa.Connection, endpoint_id: str, scope: Scope, *, lock: bool = True
) -> Endpoint:
    """Return the endpoint within *scope*; with *lock*, nobody else may change it until the end
    of the transaction.

    :raises NotFound: when there is none.
    """
    mine = _one(endpoint_id, scope)
    found = _endpoint_of(connection, mine.with_for_update() if lock else mine)
    if found is None:
        raise NotFound("There is no such webhook.")

    return found


def _row(values: dict[str, Any]) -> dict[str, Any]:
    return values | {name: json.dumps(values[name]) for name in _JSON}


def _endpoint(row: sa.RowMapping) -> Endpoint:
    values: dict[str, Any] = dict(row)
    values |= {name: json.loads(values[name]) for name in _JSON}
    values |= {name: tuple(values[name]) for name in ("event_types", "exclude_clients")}

    return Endpoint(**values)


def _touch(connection: sa.Connection, known: Endpoint, now: int) -> None:
    connection.execute(
        sa.update(endpoint)
        .where(endpoint.c.id == known.id)
        .values(version=known.version + 1, updated_time=now)
    )
