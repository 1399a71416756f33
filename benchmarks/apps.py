"""The apps that are compared: with the audit log, with SQL by hand, and with neither."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import psycopg
from flask import Flask
from flask import request

from flask_auditlog import AuditLog
from flask_auditlog.event import Actor
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.store.address import pack
from flask_auditlog.store.tables import APPENDED

from .places import living
from .places import open_store
from .places import plain

Insert = Callable[[Sequence[Any]], None]

WHO = Actor(user_id="user-7", username="alice@acme.test")
PAY = "/invoices/42/pay"
EVENTS = "/audit/realms/default/events"


def bare() -> Flask:
    """An app with one page."""
    app = Flask("bare")
    app.secret_key = "bench"  # noqa: S105 (nobody's)
    app.add_url_rule("/", "index", lambda: "ok")

    return app


def ours(url: str) -> Flask:
    """The app as its developer writes it: one line for the event."""
    app = bare()
    app.config["AUDITLOG_DATABASE_URL"] = url
    audit = AuditLog(app)
    audit.actor_loader(lambda: WHO)

    @app.post("/invoices/<int:number>/pay")
    def pay(number: int) -> tuple[str, int]:
        audit.record(
            "invoice.paid",
            resource_type="INVOICE",
            resource_path=f"invoices/{number}",
            details={"amount": 12, "currency": "EUR", "method": "card"},
        )
        return "", 204

    return living(app)


def reviewed(url: str) -> Flask:
    """The app whose log everybody may look at."""
    app = bare()
    app.config["AUDITLOG_DATABASE_URL"] = url
    audit = AuditLog(app)
    audit.actor_loader(lambda: WHO)
    audit.authorizer(lambda *_: True)

    return living(app)


def raw(url: str) -> Flask:
    """The app whose developer writes the same row by hand: one INSERT and its commit."""
    app = bare()
    insert = _insert_sqlite(url) if url.startswith("sqlite") else _insert_postgres(url)

    @app.post("/invoices/<int:number>/pay")
    def pay(number: int) -> tuple[str, int]:
        details = {"amount": 12, "currency": "EUR", "method": "card"}
        insert(_row("invoice.paid", "INVOICE", f"invoices/{number}", details))
        return "", 204

    @app.post("/events")
    def take() -> tuple[dict[str, str], int]:
        given = request.get_json()
        row = _row(given["type"], given["resourceType"], given["resourcePath"], given["details"])
        insert(row)
        return {"uid": row[0]}, 202

    return app


def _row(kind: str, resource: str, path: str, details: dict[str, Any]) -> tuple[Any, ...]:
    """What a careful developer would write: the same columns, the same body."""
    uid, now, salt = str(uuid.uuid4()), time.time_ns() // 1_000_000, os.urandom(16)
    event = {
        "uid": uid,
        "time": now,
        "realmId": "default",
        "type": kind,
        "resourceType": resource,
        "resourcePath": path,
        "authDetails": {
            "realmId": "default",
            "userId": WHO.user_id,
            "ipAddress": request.remote_addr,
            "username": WHO.username,
        },
        "requestId": str(uuid.uuid4()),
        "source": "capture",
        "details": details,
    }
    body = json.dumps(event, separators=(",", ":"))
    found = {
        "uid": uid,
        "time": now,
        "realm": "default",
        "type": kind,
        "resource_type": resource,
        "resource_path": path,
        "user_id": WHO.user_id,
        "username": WHO.username,
        "ip": pack(request.remote_addr),
        "request_id": event["requestId"],
        "source": "capture",
        "body": body,
        "salt": salt,
        "digest": sha256(salt + body.encode()).digest(),
    }

    return tuple(found.get(name) for name in APPENDED)


RAW_TABLE = """
CREATE TABLE raw_record (LIKE auditlog.audit_record INCLUDING ALL);
CREATE SEQUENCE raw_position OWNED BY raw_record.position;
ALTER TABLE raw_record ALTER position SET DEFAULT nextval('raw_position');
ALTER TABLE raw_record ALTER received_time
  SET DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000);
"""


def prepare_raw(url: str) -> None:
    """Make the table of the raw view: the same columns and the same indexes as ours."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            _copy_sqlite_table(connection)
        return
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(RAW_TABLE)


def _copy_sqlite_table(connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'audit_record' "
        "AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type = 'index'"
    ).fetchall()
    for (sql,) in rows:
        connection.execute(sql.replace("audit_record", "raw_record"))


_COLUMNS = ", ".join(APPENDED)


def _insert_postgres(url: str) -> Insert:
    """A connection for each thread, kept: the fastest that can be written by hand."""
    kept = threading.local()
    values = ", ".join(["%s"] * len(APPENDED))
    sql = f"INSERT INTO raw_record ({_COLUMNS}) VALUES ({values})"  # noqa: S608 (constants)

    def insert(row: Sequence[Any]) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(plain(url))
        kept.connection.execute(sql, row)
        kept.connection.commit()

    return insert


def _insert_sqlite(url: str) -> Insert:
    kept = threading.local()
    values = ", ".join(["?"] * (len(APPENDED) + 1))
    sql = f"INSERT INTO raw_record (received_time, {_COLUMNS}) VALUES ({values})"  # noqa: S608

    def insert(row: Sequence[Any]) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
            kept.connection.execute("PRAGMA journal_mode=WAL")
            kept.connection.execute("PRAGMA synchronous=FULL")
        kept.connection.execute(sql, (row[1], *row))
        kept.connection.commit()

    return insert


def token(url: str) -> dict[str, str]:
    """Make a token that may publish and read; return its header."""
    store = open_store(url)
    _, secret = store.tokens.create(
        name="bench", realm="default", permissions=[PUBLISH_EVENTS, VIEW_EVENTS]
    )
    store.close()

    return {"Authorization": f"Bearer {secret}"}
