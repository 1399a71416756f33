"""The register of endpoints, and of the secrets they are signed with.

Every question takes a scope: an endpoint of an organization is seen by that organization, and
by whoever may see the whole realm.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from ..errors import InvalidEvent
from ..errors import NotFound
from ..event import new_uid
from . import followers
from . import keys
from .claims import INFLIGHT
from .holding import cancel
from .outbox import delivery
from .outbox import endpoint
from .outbox import health
from .outbox import secret
from .query import Scope
from .reader import head
from .reader import Reader
from .registers import SqlRealms
from .tables import realm
from .webhooks import DisabledReason
from .webhooks import Endpoint
from .webhooks import Secret
from .webhooks import SecretKind
from .writing import now_ms
from .writing import read_now
from .writing import writing

_JSON = ("event_types", "exclude_clients", "attributes")
_FIXED = frozenset({"id", "realm", "organization_id", "since_position", "version", "disabled_time"})

# The follower that makes deliveries of records.
FOLLOWER = "webhooks"

# Most deliveries that are cancelled in one transaction.
PIECE = 10_000

Kept = tuple[str, int, int]


class SqlEndpoints:
    """See :class:`.outward.Endpoints`."""

    def __init__(self, reader: Reader, realms: SqlRealms) -> None:
        self._reader = reader
        self._realms = realms

    def create(
        self, new: Endpoint, *, sealed: bytes | None = None, kind: SecretKind = "hmac", at_most: int
    ) -> Endpoint:
        """See :meth:`.outward.Endpoints.create`."""
        self._realms.check(new.realm)
        with writing(self._reader) as connection:
            # Two at once would both count before either is there.
            connection.execute(
                sa.select(realm.c.name).where(realm.c.name == new.realm).with_for_update()
            )
            if (connection.scalar(_count(endpoint.c.realm == new.realm)) or 0) >= at_most:
                raise InvalidEvent(f"Realm {new.realm} has {at_most} webhooks. Delete one first.")
            # Who sends no events on, as nobody wants any, does not pass those of this moment.
            followers.hold(connection, FOLLOWER)
            now = read_now(connection)
            made = msgspec.structs.replace(
                new,
                id=new_uid(),
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
            .where(*_within(scope))
            .order_by(endpoint.c.id)
            .offset(first)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return [_endpoint(row) for row in connection.execute(statement).mappings()]

    def count(self, scope: Scope) -> int:
        """See :meth:`.outward.Endpoints.count`."""
        with self._reader.connect() as connection:
            return connection.scalar(_count(*_within(scope))) or 0

    def update(self, endpoint_id: str, scope: Scope, changes: Mapping[str, Any]) -> Endpoint:
        """See :meth:`.outward.Endpoints.update`."""
        if _FIXED & changes.keys():
            raise ValueError("This of an endpoint never changes.")
        with writing(self._reader) as connection:
            known = _must_find(connection, endpoint_id, scope)
            now = read_now(connection)
            switched = changes.get("enabled", known.enabled)
            disabling: dict[str, Any] = {}
            if switched and not known.enabled:
                # It begins anew: what it failed at before would disable it at its next failure.
                connection.execute(sa.delete(health).where(health.c.endpoint_id == endpoint_id))
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
                .where(endpoint.c.id == endpoint_id)
                .values(_row(msgspec.structs.asdict(changed)))
            )

        return changed

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
                known = _must_find(connection, endpoint_id, scope)
                if cancel(connection, endpoint_id, limit=PIECE) < PIECE:
                    _remove(connection, endpoint_id)
                    return known
                # A long backlog is cancelled in pieces, and nothing is added to it meanwhile.
                connection.execute(
                    sa.update(endpoint).where(endpoint.c.id == endpoint_id).values(enabled=False)
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
            known = _must_find(connection, endpoint_id, scope)
            now = read_now(connection)
            keys.replace(connection, endpoint_id, sealed, kind=kind, now=now, grace=grace)
            _touch(connection, known, now)

        return msgspec.structs.replace(known, version=known.version + 1, updated_time=now)

    def health(self, endpoint_id: str) -> str | None:
        """See :meth:`.outward.Endpoints.health`."""
        statement = sa.select(health.c.state).where(health.c.endpoint_id == endpoint_id)
        with self._reader.connect() as connection:
            found: str | None = connection.scalar(statement)

        return found

    def change_health(self, endpoint_id: str, change: Callable[[str | None], Kept]) -> None:
        """See :meth:`.outward.Endpoints.change_health`."""
        mine = health.c.endpoint_id == endpoint_id
        with writing(self._reader) as connection:
            # The endpoint's row stands for one of its health that is not there yet.
            held = sa.select(endpoint.c.id).where(endpoint.c.id == endpoint_id).with_for_update()
            if connection.scalar(held) is None:
                return
            known = connection.scalar(sa.select(health.c.state).where(mine))
            state, paused_until, limit = change(known)
            values = {"state": state, "paused_until": paused_until, "in_flight_limit": limit}
            if known is None:
                values["endpoint_id"] = endpoint_id
                connection.execute(sa.insert(health), values)
            else:
                connection.execute(sa.update(health).where(mine).values(values))


def is_any(connection: sa.Connection) -> bool:
    """Return whether there is an endpoint."""
    return connection.scalar(sa.select(endpoint.c.id).limit(1)) is not None


def every(connection: sa.Connection) -> list[Endpoint]:
    """Return the endpoints of all realms, in the transaction of who sends records to them."""
    # Read for a share of them: one that is deleted meanwhile would have deliveries afterwards.
    statement = sa.select(*endpoint.c).order_by(endpoint.c.id).with_for_update(read=True)

    return [_endpoint(row) for row in connection.execute(statement).mappings()]


def _within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    conditions = [endpoint.c.realm == scope.realm]
    if scope.organization_id is not None:
        conditions.append(endpoint.c.organization_id == scope.organization_id)

    return conditions


def _count(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(endpoint).where(*conditions)


def _one(endpoint_id: str, scope: Scope) -> sa.Select[Any]:
    return sa.select(*endpoint.c).where(endpoint.c.id == endpoint_id, *_within(scope))


def _endpoint_of(connection: sa.Connection, statement: sa.Select[Any]) -> Endpoint | None:
    row = connection.execute(statement).mappings().one_or_none()

    return _endpoint(row) if row is not None else None


def _must_find(connection: sa.Connection, endpoint_id: str, scope: Scope) -> Endpoint:
    """Return the endpoint, which stays as it is until the end of the transaction."""
    found = _endpoint_of(connection, _one(endpoint_id, scope).with_for_update())
    if found is None:
        raise NotFound("There is no such webhook.")

    return found


def _remove(connection: sa.Connection, endpoint_id: str) -> None:
    for table in (secret, health):
        connection.execute(sa.delete(table).where(table.c.endpoint_id == endpoint_id))
    connection.execute(sa.delete(endpoint).where(endpoint.c.id == endpoint_id))
    # Whoever has claimed one of these is not heard any more.
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.endpoint_id == endpoint_id, INFLIGHT)
        .values(state="cancelled", finished_time=now_ms(connection), lease=None, lease_time=None)
    )


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
