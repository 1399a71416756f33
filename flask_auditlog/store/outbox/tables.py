"""The tables of followers and webhooks: endpoints, their secrets, deliveries and attempts.

All that is known of a delivery stands here and nowhere else, so nothing is lost with a
process or a queue. Times are epoch milliseconds; those that decide who may do what (due,
lease, paused) are of the database's clock.
"""

from __future__ import annotations

import sqlalchemy as sa

from ..tables import metadata
from ..tables import Text

# How far each follower of the log has come; moved in the transaction of its effect.
follower = sa.Table(
    "audit_follower",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("moved_time", sa.BigInteger, nullable=False),
)

# Lists and objects are JSON.
endpoint = sa.Table(
    "audit_endpoint",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("realm", Text, nullable=False, index=True),
    # Of its maker, for ever.
    sa.Column("organization_id", Text),
    sa.Column("url", Text, nullable=False),
    sa.Column("description", Text),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", Text),
    sa.Column("disabled_time", sa.BigInteger),
    sa.Column("event_types", Text, nullable=False),
    sa.Column("exclude_clients", Text, nullable=False),
    sa.Column("attributes", Text, nullable=False),
    sa.Column("auth_type", Text, nullable=False),
    sa.Column("algorithm", Text, nullable=False),
    sa.Column("audience", Text),
    sa.Column("signatures", Text, nullable=False),
    # Encrypted: a header may carry a password.
    sa.Column("headers", sa.LargeBinary),
    # None: as the configuration says. Seconds; deliveries a second.
    sa.Column("timeout", sa.Float),
    sa.Column("rate_limit", sa.Float),
    # Events up to here are older than it.
    sa.Column("since_position", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_by", Text),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("updated_time", sa.BigInteger, nullable=False),
    # In the query language.
    sa.Column("filter", Text),
    sa.Column("ordering", Text, nullable=False, server_default="none"),
    # Encrypted, as the headers are: a certificate with its key, and authorities.
    sa.Column("tls", sa.LargeBinary),
)

# How an endpoint does: it changes with every answer, and what it is does not.
health = sa.Table(
    "audit_endpoint_health",
    metadata,
    sa.Column("endpoint_id", Text, primary_key=True),
    # JSON of `delivery.health.Health`: only whoever holds the row's lock changes it.
    sa.Column("state", Text),
    # Nothing is claimed before: it asked for that, or its breaker is open.
    sa.Column("paused_until", sa.BigInteger),
    sa.Column("in_flight_limit", sa.Integer),
    # Nothing is claimed before, so that its rate is kept.
    sa.Column("next_time", sa.BigInteger),
)

secret = sa.Table(
    "audit_endpoint_secret",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("endpoint_id", Text, nullable=False, index=True),
    sa.Column("kind", Text, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    # None: it is the current one.
    sa.Column("expires_time", sa.BigInteger),
)

delivery = sa.Table(
    "audit_delivery",
    metadata,
    # A UUIDv7: in the order they were made, and it tells nobody how many there are.
    sa.Column("id", Text, primary_key=True),
    sa.Column("endpoint_id", Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("type", Text, nullable=False),
    # Empty the first time; else which resend or replay asked for it again.
    sa.Column("batch", Text, nullable=False),
    sa.Column("cause", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    # What is fresh is 0 and goes first; what is replayed is 1.
    sa.Column("lane", sa.SmallInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lost", sa.Integer, nullable=False),
    sa.Column("due_time", sa.BigInteger, nullable=False),
    sa.Column("lease_time", sa.BigInteger),
    # Whose it is; nobody else may say how it ended.
    sa.Column("lease", Text),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", Text),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("finished_time", sa.BigInteger),
    sa.UniqueConstraint("endpoint_id", "position", "batch"),
)

# Not parameters: SQLite takes an index of some rows only for what is written out.
PENDING = delivery.c.state == sa.literal_column("'pending'")
INFLIGHT = delivery.c.state == sa.literal_column("'inflight'")

attempt = sa.Table(
    "audit_attempt",
    metadata,
    sa.Column("delivery_id", Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_time", sa.BigInteger, nullable=False, index=True),
    sa.Column("milliseconds", sa.Float),
    # JSON: how long each phase took, in milliseconds.
    sa.Column("phases", Text),
    sa.Column("address", Text),
    # JSON, without the secrets in them.
    sa.Column("request_headers", Text),
    sa.Column("status", sa.Integer),
    sa.Column("response_headers", Text),
    sa.Column("response_body", Text),
    # The class of what went wrong, and a sentence of it.
    sa.Column("error", Text),
    sa.Column("message", Text),
    sa.Column("worker", Text),
)

# What is sent again; its deliveries have its id as their batch. See `again.Replay`.
replay = sa.Table(
    "audit_replay",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("endpoint_id", Text, nullable=False, index=True),
    sa.Column("kind", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("after_time", sa.BigInteger),
    sa.Column("before_time", sa.BigInteger),
    sa.Column("after_position", sa.BigInteger, nullable=False),
    sa.Column("before_position", sa.BigInteger, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("rate", sa.Float, nullable=False),
    sa.Column("cursor", Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),
    sa.Column("planned", sa.BigInteger, nullable=False),
    sa.Column("is_exact", sa.Boolean, nullable=False),
    sa.Column("due_time", sa.BigInteger, nullable=False),
    sa.Column("created_by", Text),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("updated_time", sa.BigInteger, nullable=False),
    sa.Column("finished_time", sa.BigInteger),
)


def add_indexes() -> None:
    """Give the tables the indexes that load the dialects of both databases."""
    pending, inflight = delivery.c.state == "pending", delivery.c.state == "inflight"
    ended = delivery.c.finished_time.is_not(None)
    for name, columns, only in (
        # What is due, of one endpoint and of all.
        ("due", (delivery.c.endpoint_id, delivery.c.lane, delivery.c.due_time), pending),
        # What comes next, of one that gets them in order.
        ("order", (delivery.c.endpoint_id, delivery.c.lane, delivery.c.position), pending),
        ("oldest", (delivery.c.due_time,), pending),
        ("lease", (delivery.c.lease_time,), inflight),
        # What ended long ago.
        ("finished", (delivery.c.finished_time,), ended),
    ):
        sa.Index(f"ix_audit_delivery_{name}", *columns, postgresql_where=only, sqlite_where=only)
    # What is kept for a shorter time than its attempt.
    told = attempt.c.response_body.is_not(None)
    sa.Index(
        "ix_audit_attempt_body", attempt.c.started_time, postgresql_where=told, sqlite_where=told
    )
    # The list of an endpoint, newest first, of all states and of one.
    sa.Index("ix_audit_delivery_state", delivery.c.endpoint_id, delivery.c.state, delivery.c.id)
    sa.Index("ix_audit_delivery_list", delivery.c.endpoint_id, delivery.c.id)
    sa.Index("ix_audit_delivery_position", delivery.c.position)
