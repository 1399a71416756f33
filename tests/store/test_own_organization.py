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

from .samples import entries
from .samples import entry
from .samples import opened

OWN = Scope(realm="default", organization_id="acme")
QUERIES = [
    Query(username="bob"),
    Query(actor="bob"),
    Query(session="s"),
    Query(ip=ip_network("10.0.0.0/8")),
    Query(type="admin.*"),
    Query(resource="invoices/42"),
    Query(request="r", error=True),
    Query(operation="CREATE", source="api"),
    Query(user="u7", client="web", resource_type="INVOICE"),
    Query(more=parse_query("error:denied client:web -session:s")),
    Query(more=parse_query("error:* OR request:r OR resource:invoices/42")),
    Query(more=parse_query("ip:10.0.0.7 source:api error:de* resource:*/42")),
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
    written = [str(each.compile(store.engine)) for each in conditions]
    # No planner looks for an index within a CASE.
    free = " ".join(each for each in written if not each.startswith("CASE WHEN"))
    told = {c.name for c in record.columns if f"audit_record.{c.name} " in f"{free} "}
    assert told <= {"organization_id", "time", "position"}
    assert "organization_id" in told


def test_what_is_frequent_among_others_changes_no_plan(postgres_url: str) -> None:
    names = [f"u{n}" for n in range(500)]
    with opened(postgres_url) as store:
        store.append([entry(username=each, organization_id="acme") for each in names])
        store.append(entries(2000, username="u1", organization_id="globex"))
        with store.engine.connect() as connection:
            # By its statistics PostgreSQL knows that u1 is frequent.
            connection.exec_driver_sql("ANALYZE auditlog.audit_record")
            plans = [_explained(connection, Query(username=each)) for each in ("u1", "u2", "u")]
    assert plans[0] == plans[1] == plans[2]
    assert "ix_audit_record_organization_id" in plans[0]
    assert "Sort" not in plans[0]


def _explained(connection: sa.Connection, query: Query) -> str:
    """How PostgreSQL finds a page, with what it expects."""
    found = sa.select(record.c.uid).where(*plan(connection, query, OWN))
    ordered = found.order_by(record.c.time.desc(), record.c.position.desc()).limit(2)
    sql = ordered.compile(connection, compile_kwargs={"literal_binds": True})
    lines = connection.exec_driver_sql(f"EXPLAIN {sql}").scalars()

    return "\n".join(line for line in lines if "Filter" not in line)
