"""Which index answers a query in the language."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from uuid import uuid4

import pytest
import sqlalchemy as sa

from flask_auditlog.store import memory_url
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search.needles import ALTERNATIVES
from flask_auditlog.store.search.plan import plan
from flask_auditlog.store.tables import record
from tests.store.samples import ALL
from tests.store.samples import explained
from tests.store.samples import indexes_in
from tests.store.samples import opened


@pytest.fixture(scope="module")
def store() -> Iterator[SqlStore]:
    """A store whose planner can be asked what it does."""
    with opened(memory_url(uuid4().hex)) as store:
        store.create()
        yield store


def indexes(store: SqlStore, query: Query) -> set[str]:
    """Return the names of the indexes that are used, as their columns are called."""
    with explained(store) as lines, store.engine.connect() as connection:
        found = sa.select(record.c.uid).where(*plan(connection, query, ALL))
        ordered = found.order_by(record.c.time.desc(), record.c.position.desc())
        # Only this one: to plan is to ask too.
        lines.clear()
        connection.execute(ordered).all()

    return indexes_in(lines)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("user:7 OR session:s", {"user_id", "session_id"}),
        ("(actor:7 OR ip:10.0.0.0/8) -type:a", {"user_id", "username", "ip"}),
        ("resource:invoices/42 OR client:web*", {"resource_path", "client_id"}),
        ("user:7 OR a", {"realm_time"}),
        ("user:7 OR session:*s", {"realm_time"}),
        ("user:7 OR -session:s", {"realm_time"}),
        ("user:7 OR (session:s a)", {"realm_time"}),
        (" OR ".join(f"user:{n}" for n in range(ALTERNATIVES + 1)), {"realm_time"}),
    ],
)
def test_values_joined_by_or_are_each_looked_for(
    store: SqlStore, text: str, used: set[str]
) -> None:
    assert indexes(store, Query(more=parse_query(text))) == used


PLAIN = [
    ("user:7", Query(user="7")),
    ("type:a.b after:1700000000000", Query(type="a.b", after=1_700_000_000_000)),
    ("ip:10.0.0.1 -org:x", Query(ip=ip_network("10.0.0.1"))),
    ("resource:invoices/42 a b", Query(resource="invoices/42")),
    ("error:denied", Query(error=True)),
]


@pytest.mark.parametrize(("text", "query"), PLAIN)
def test_plain_terms_use_the_index_of_their_filter(
    store: SqlStore, text: str, query: Query
) -> None:
    assert indexes(store, Query(more=parse_query(text))) == indexes(store, query) != set()
