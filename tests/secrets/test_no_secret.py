"""A real app is used with secrets in everything; then every byte that was stored or said is searched."""

from __future__ import annotations

import base64
import io
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from tests.access.person import code_of
from tests.access.person import EMAIL
from tests.access.person import NEITHER
from tests.access.person import OTHER
from tests.access.person import PASSWORD
from tests.access.person import Person
from tests.apps import events
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.secrets.plants import ORDINARY
from tests.secrets.plants import PLANTS
from tests.secrets.plants import traces

pytest.importorskip("flask_security")
pytest.importorskip("rq")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:wtforms")


def account(person: Person) -> dict[str, str]:
    """Do what Flask-Security has a view for; return the secrets that came up."""
    found = {"password": PASSWORD, "new password": OTHER, "another": NEITHER}
    found |= registered(person) | with_two_factors(person) | changed(person) | recovered(person)
    found |= {f"cookie {c.key}": c.value for c in (person.client._cookies or {}).values()}  # noqa: SLF001

    # The codes of six digits are too short to be searched for: any number may hold them.
    return {name: value for name, value in found.items() if len(value) > 7}


def registered(person: Person) -> dict[str, str]:
    person.register()
    link = person.link()
    person.get(link)
    person.logout()
    person.login(PLANTS["form-wrong-password"])
    person.login(email=PASSWORD)
    person.login("x", email=PLANTS["form-typed-as-username"])
    answer = person.client.post(
        "/login?include_auth_token", json={"email": EMAIL, "password": PASSWORD}
    )
    user = person.said(answer)["user"]

    return {
        "confirmation": link.rpartition("/")[2],
        "auth token": user["authentication_token"],
        "refresh token": user["refresh_token"],
    }


def with_two_factors(person: Person) -> dict[str, str]:
    setup = person.said(person.post("/tf-setup", setup="authenticator"))
    key, state = str(setup["tf_authr_key"]), str(setup["tf_state_token"])
    person.post(f"/tf-setup/{state}", code="000000")
    person.post(f"/tf-setup/{state}", code=code_of(key))
    codes = person.said(person.post("/mf-recovery-codes"))["recovery_codes"]
    person.logout()
    person.login()
    person.post("/mf-recovery", code=PLANTS["form-recovery-code"])
    person.post("/mf-recovery", code=codes[0])

    return {"authenticator": key, "setup": state, **{f"code {c[:3]}": c for c in codes}}


def changed(person: Person) -> dict[str, str]:
    refused = {"password": PLANTS["form-old-password"], "new_password": PLANTS["form-new-password"]}
    person.post("/change", **refused, new_password_confirm=PLANTS["form-confirm"])
    person.post("/change", password=PASSWORD, new_password=OTHER, new_password_confirm=OTHER)
    person.post("/change-email", email="alice@new.test")
    link = person.link()
    person.get(link)
    person.logout()

    return {"change of email": link.rpartition("/")[2]}


def recovered(person: Person) -> dict[str, str]:
    person.post("/reset", email="alice@new.test")
    token = person.link().rpartition("/")[2]
    person.post(f"/reset/{token}", password=NEITHER, password_confirm=NEITHER)
    person.post("/us-signin/send-code", identity="alice@new.test", chosen_method="email")

    return {"reset": token}


def stored(database: str) -> bytes:
    """Return every byte of the log, as its database gives it."""
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    schema = "auditlog" if engine.dialect.name == "postgresql" else None
    with engine.connect() as connection:
        names = sa.inspect(engine).get_table_names(schema=schema)
        tables = [f"{schema}.{name}" if schema else name for name in names]
        rows = [
            row for name in tables for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
        ]
    files = b""
    if schema is None:
        path = Path(str(engine.url.database))
        files = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))

    return files + b"\n".join(b"\t".join(map(_bytes, row)) for row in rows)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()


def queued(url: str) -> bytes:
    """Return every byte of Redis."""
    redis = import_module("redis")
    with redis.Redis.from_url(url) as client:
        kept: dict[bytes, Any] = {}
        for key in client.scan_iter():
            kind = client.type(key)
            kept[key] = {
                b"string": client.get,
                b"hash": client.hgetall,
                b"list": lambda name: client.lrange(name, 0, -1),
                b"set": client.smembers,
                b"zset": lambda name: client.zrange(name, 0, -1),
            }.get(kind, lambda _: b"")(key)
        return repr(kept).encode()


def test_no_secret_is_stored_queued_or_said(
    make_app: MakeApp, database_url: str, redis_url: str, tmp_path: Path, logged: io.StringIO
) -> None:
    secured = import_module("tests.access.secured")
    careless = import_module("tests.secrets.host")
    audit = AuditLog()
    host_url = f"sqlite:///{tmp_path / 'host.db'}"
    config = secured.EVERYTHING | {"SQLALCHEMY_DATABASE_URI": host_url}
    app = make_app(audit, **config, AUDITLOG_DATABASE_URL=database_url, PROPAGATE_EXCEPTIONS=False)
    person = secured.secured(app)
    host = careless.Careless(app, audit)

    def receive(app: Any, record: Any) -> None:
        raise RuntimeError(PLANTS["exception-receiver"])

    with event_recorded.connected_to(receive, app):
        found = account(person)
        careless.use(host, person)
        found["token of ours"] = careless.ingest(host)
        careless.enqueue(host, redis_url)

    assert {event.type for event in events(app)} >= WHAT_WAS_DONE
    places = {
        "log": stored(database_url),
        "inbox": b"\n".join(host.waiting),
        "redis": queued(redis_url),
        "logger": logged.getvalue().encode(),
    }
    assert all(said in places[place] for place, said in IN_EACH.items())
    leaks = {
        (place, name)
        for place, written in places.items()
        for name, secret in {**PLANTS, **found}.items()
        for trace in traces(secret)
        if trace in written or base64.b64encode(trace)[:-4] in written
    }
    assert leaks == set()


# That nothing was found says something only where something was written.
WHAT_WAS_DONE = {
    "access.UPDATE_EMAIL",
    "access.LOGIN",
    "access.LOGIN_ERROR",
    "access.REGISTER",
    "access.RESET_PASSWORD",
    "access.UPDATE_PASSWORD",
    "access.UPDATE_TOTP",
    "account.created",
    "admin.ACCOUNT-ACTION",
    "admin.ACCOUNT-CREATE",
    "admin.ACCOUNT-UPDATE",
    "careless",
    "posted",
}
IN_EACH = {
    "log": b"account.created",
    "inbox": b"account.created",
    "redis": b"[masked]",
    "logger": b".RuntimeError",
}


def test_what_only_looks_like_a_secret_stays(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = make_app(audit)
    with app.app_context():
        audit.record("kept", details={**ORDINARY})
    (event,) = events(app)
    assert event.details == ORDINARY


def test_enough_is_planted() -> None:
    assert len(PLANTS) >= 40
