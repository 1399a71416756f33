"""What the databases' own types look like, once they were there and back."""

from __future__ import annotations

import enum
import uuid
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from tests.models.conftest import MakeHost


class Status(enum.Enum):
    OPEN = 1
    PAID = 2


class Own(orm.DeclarativeBase):
    pass


class Invoice(Own):
    __tablename__ = "invoices"
    id = orm.mapped_column(sa.Uuid, primary_key=True)
    amount = orm.mapped_column(sa.Numeric(10, 2))
    due = orm.mapped_column(sa.Date)
    sent = orm.mapped_column(sa.DateTime(timezone=True))
    status = orm.mapped_column(sa.Enum(Status))
    scan = orm.mapped_column(sa.LargeBinary)
    lines = orm.mapped_column(sa.JSON)
    rate = orm.mapped_column(sa.Float)
    stamp = orm.mapped_column(sa.DateTime, server_default=sa.func.now())


class OfPostgres(orm.DeclarativeBase):
    pass


class Booking(OfPostgres):
    __tablename__ = "bookings"
    id = orm.mapped_column(sa.BigInteger, primary_key=True)
    days = orm.mapped_column(postgresql.DATERANGE)
    tags = orm.mapped_column(postgresql.ARRAY(sa.Text))
    address = orm.mapped_column(postgresql.INET)
    data = orm.mapped_column(postgresql.JSONB)
    wait = orm.mapped_column(sa.Interval)
    pairs = orm.mapped_column(postgresql.HSTORE)


KEY = uuid.UUID(int=7)


@pytest.mark.parametrize("database", ["sqlite", "empty_postgres_url", "mariadb_url"])
def test_every_type_is_told_as_what_it_is(
    make_host: MakeHost, request: pytest.FixtureRequest, database: str
) -> None:
    if database == "mariadb_url":
        pytest.importorskip("pymysql")
    url = None if database == "sqlite" else request.getfixturevalue(database)
    host = make_host(url, base=Own)
    host.audit.track(Invoice)
    invoice = host.add(
        Invoice(
            id=KEY,
            amount=Decimal("12.50"),
            due=date(2026, 1, 2),
            sent=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            status=Status.OPEN,
            scan=b"\x00\xff",
            lines=[{"n": 1}],
            rate=0.5,
        )
    )
    # Not loaded: what it was is read back from the database.
    invoice.amount, invoice.due, invoice.status = Decimal("13"), date(2026, 1, 3), Status.PAID
    invoice.scan, invoice.lines, invoice.rate = b"", [{"n": 2}], 1.5
    host.commit()
    assert host.told == [("INVOICE-UPDATE", f"invoices/{KEY}")]
    assert host.changes == {
        "amount": ["12.50", "13"],
        "due": ["2026-01-02", "2026-01-03"],
        "status": ["OPEN", "PAID"],
        "scan": [
            {"bytes": 2, "sha256": sha256(b"\x00\xff").hexdigest()},
            {"bytes": 0, "sha256": sha256(b"").hexdigest()},
        ],
        "lines": [[{"n": 1}], [{"n": 2}]],
        "rate": [0.5, 1.5],
    }
    host.close()


def test_what_the_database_gave_and_did_not_tell_is_unknown(
    make_host: MakeHost, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("pymysql")
    mariadb_url = request.getfixturevalue("mariadb_url")

    class Local(orm.DeclarativeBase):
        pass

    class Note(Local):
        __tablename__ = "notes"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        made = orm.mapped_column(sa.DateTime, server_default=sa.func.now())
        __mapper_args__: Any = {"eager_defaults": False}  # noqa: RUF012

    host = make_host(mariadb_url, base=Local)
    host.audit.track(Note)
    host.session.add(Note())
    host.commit()
    assert host.changes == {"made": [None, "[unknown]"]}
    host.close()


def test_the_types_of_postgresql_are_told_as_text(
    make_host: MakeHost, empty_postgres_url: str
) -> None:
    engine = sa.create_engine(empty_postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE EXTENSION hstore"))
    host = make_host(empty_postgres_url, base=OfPostgres)
    host.audit.track(Booking)
    booking = host.add(
        Booking(
            id=1,
            days=postgresql.Range(date(2026, 1, 1), date(2026, 1, 5)),
            tags=["a", "b"],
            address="10.0.0.1",
            data={"a": 1},
            wait=timedelta(hours=1),
            pairs={"k": "v"},
        )
    )
    host.session.delete(booking)
    host.commit()
    assert host.changes == {
        "days": ["[2026-01-01,2026-01-05)", None],
        "tags": [["a", "b"], None],
        "address": ["10.0.0.1", None],
        "data": [{"a": 1}, None],
        "wait": ["PT3600S", None],
        "pairs": [{"k": "v"}, None],
    }
    host.close()
