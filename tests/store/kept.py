"""What is kept of deliveries."""

from __future__ import annotations

import sqlalchemy as sa

from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.outbox.claims import delivery_of
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import Delivery

ALL = Scope(realm="default", organization_id=None)


def delivery(store: SqlStore, delivery_id: str) -> Delivery | None:
    """Past all our code: nobody may see one whose endpoint is not there any more."""
    with store.engine.connect() as connection:
        row = connection.execute(
            sa.select(*outbox.delivery.c).where(outbox.delivery.c.id == delivery_id)
        ).one_or_none()
    return delivery_of(row) if row is not None else None


def attempts(store: SqlStore, delivery_id: str) -> list[Attempt]:
    """As who may see all of the realm sees them."""
    return store.sent.attempts(delivery_id, ALL)
