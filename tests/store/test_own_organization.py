"""A reader of one organization does not learn of the others by the time it takes."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
import sqlalchemy as sa

from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search.plan import plan
from flask_auditlog.store.tables import record

OWN = Scope(realm="default", organization_id="acme")
QUERIES = [
    Query(username="bob"),
    Query(actor="bob"),
    Query(session="s"),
    Query(ip=ip_network("10.0.0.0/8")),
    Query(type="admin.*"),
    Query(resource="invoices/42"),
    Query(request="r", error=True),
    Query(text="wire transfer", details=(("plan", "pro"),)),
    Query(more=parse_query("user:7 (type:a OR resource:invoices/42) -ip:10.0.0.0/8")),
]


@pytest.mark.parametrize("query", QUERIES)
def test_only_the_index_of_the_organization_may_answer(store: SqlStore, query: Query) -> None:
    asked: list[str] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with store.engine.connect() as connection:
        conditions = plan(connection, query, OWN)
    assert asked == []  # nothing was counted, in whatever organization
    written = str(sa.and_(*conditions).compile(store.engine))
    free = {c.name for c in record.columns if f"audit_record.{c.name} " in written}
    assert free <= {"organization_id", "time", "position"}
