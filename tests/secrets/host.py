"""An app with Flask-Security, tracked models and careless views, and everything one does to it."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import redis
import rq
import sqlalchemy as sa
from flask import Flask
from flask import request
from flask import session

from flask_auditlog import AuditLog
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.work.rq import Job
from tests.access.person import Person
from tests.secrets.plants import ORDINARY
from tests.secrets.plants import PLANTS
from tests.secrets.plants import SHAPED


class Careless:
    """The app's own part: a model, views that pass on everything, hooks that raise.

    ``waiting`` is what stood in the inbox, before it was committed and moved.
    """

    def __init__(self, app: Flask, audit: AuditLog) -> None:
        self.app = app
        self.audit = audit
        self.db = app.extensions["sqlalchemy"]
        self.model = _account(self.db)
        self.waiting: list[bytes] = []
        with app.app_context():
            self.db.create_all()
        audit.track_all(self.db.Model, mask={"iban"}, hash={"owner"})
        self._hooks()
        for view in (self.reset, self.create, self.bulk, self.careless, self.act, self.broken):
            path = "/reset-by-mail/<token>" if view == self.reset else f"/app/{view.__name__}"
            app.add_url_rule(path, view.__name__, view, methods=["POST"])

    def _hooks(self) -> None:
        @self.audit.before_record
        def hook(event: Any) -> None:
            if event.type == "careless":
                raise RuntimeError(PLANTS["exception-hook"])

        @self.audit.organization_loader
        def organization() -> str | None:
            if request.path == "/app/broken":
                raise LookupError(PLANTS["exception-loader"])
            return None

        @self.audit.action("ACCOUNT", "ACTION", resource_path="accounts/{client_secret}")
        def perform(client_secret: str) -> None:
            del client_secret

        self.perform = perform

    def reset(self, token: str) -> str:
        session["password_hint"] = PLANTS["header-session-cookie"]
        return "ok"

    def create(self) -> str:
        account = self.model(
            name="Acme",
            iban=PLANTS["column-masked"],
            owner=PLANTS["column-hashed"],
            api_key=PLANTS["column-by-name"],
            password_hash=PLANTS["column-hash"],
            settings={
                "webhookSecret": PLANTS["column-json"],
                "smtp": [{"password": PLANTS["column-json-nested"]}],
            },
        )
        self.db.session.add(account)
        details = {"secret": PLANTS["recorded-in-session"], **ORDINARY}
        self.audit.record("account.created", details=details, session=self.db.session)
        self.db.session.flush()
        return self._commit()

    def bulk(self) -> str:
        account, execute = self.model, self.db.session.execute
        other = account.api_key != PLANTS["bulk-criteria"]
        execute(sa.update(account).where(other).values(api_key=PLANTS["bulk-value"]))
        execute(sa.text(f"UPDATE account SET api_key = '{PLANTS['text-literal']}' WHERE id > 0"))
        parameters = {"p": PLANTS["text-parameter"]}
        execute(sa.text("UPDATE account SET password_hash = :p"), parameters)
        return self._commit()

    def _commit(self) -> str:
        waiting = self.db.session.execute(sa.text("SELECT * FROM audit_inbox")).all()
        self.waiting += [repr(tuple(row)).encode() for row in waiting]
        self.db.session.commit()
        return "ok"

    def careless(self) -> str:
        self.audit.record(
            "careless",
            error=f"login failed, password: {PLANTS['detail-text']}",
            representation=json.dumps({"client_secret": PLANTS["representation"]}),
            details={
                "form": request.form.to_dict(),
                "args": request.args,
                "headers": list(request.headers),
                "cookies": dict(request.cookies),
                "json": request.get_json(silent=True),
                "password": PLANTS["detail-named"],
                "user": {"profile": {"newPassword": PLANTS["detail-nested"]}},
                "pairs": [("secret_key", PLANTS["detail-pair"])],
                "link": f"https://x.test/?n=1&sig={PLANTS['detail-url']}",
                "said": list(SHAPED.values()),
                "ordinary": ORDINARY,
            },
        )
        return "ok"

    def act(self) -> str:
        self.perform(client_secret=PLANTS["action-argument"])
        return "ok"

    def broken(self) -> str:
        error = RuntimeError(PLANTS["exception-view"])
        error.add_note(PLANTS["exception-note"])
        raise error


def _account(db: Any) -> Any:
    class Account(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String)
        iban = db.Column(db.String)
        owner = db.Column(db.String)
        api_key = db.Column(db.String)
        password_hash = db.Column(db.String)
        settings = db.Column(db.JSON)

    return Account


def use(host: Careless, person: Person) -> None:
    """Do what people and programs do to the app's own views."""
    client = person.client
    client.set_cookie("remember_me_token", PLANTS["header-cookie"])
    basic = base64.b64encode(f"bob:{PLANTS['header-basic']}".encode()).decode()
    names = {
        "token": "query-token",
        "api_key": "query-api-key",
        "access_token": "query-access-token",
    }
    query = "&".join(f"{name}={PLANTS[plant]}" for name, plant in names.items())
    headers = {"Authorization": f"Basic {basic}", "X-Api-Key": PLANTS["header-api-key"]}
    form = {"password": PLANTS["form-password"]}
    told = {
        "password": PLANTS["json-password"],
        "user": {"apiKey": PLANTS["json-nested"]},
        "all": [{"secret": PLANTS["json-listed"]}],
    }
    client.post(f"/app/careless?{query}", data=form, headers=headers)
    client.post(f"/reset-by-mail/{PLANTS['path-token']}?{query}", json=told)
    for name in ("careless", "create", "bulk", "act", "broken"):
        client.post(f"/app/{name}", json=told)
    client.get(f"/nowhere/{PLANTS['path-token']}?{query}")


def ingest(host: Careless) -> str:
    """Send secrets in what another program posts; return its token."""
    with host.app.app_context():
        tokens: Any = host.audit.events.tokens
        _, secret = tokens.create(name="t", realm="default", permissions=["publish-events"])
    client = host.app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    fine = {"type": "posted", "details": {"password": PLANTS["api-detail"], **ORDINARY}}
    wrong = {"type": "posted", "time": "x", "password": PLANTS["api-refused"]}
    for body, status in ((fine, 202), (wrong, 400)):
        answer = client.post("/audit/realms/default/events", json=body, headers=headers)
        assert answer.status_code == status
        assert not any(plant in answer.text for plant in PLANTS.values())
    with host.app.app_context(), suppress(InvalidEvent):
        host.audit.record(SHAPED["vendor-key"])

    return str(secret)


def enqueue(host: Careless, url: str) -> None:
    """Send a job, as somebody whose name is a secret that was typed into the wrong field."""
    with redis.Redis.from_url(url) as connection, host.app.test_request_context("/"):
        queue = rq.Queue("audited", connection=connection, job_class=Job)
        with host.audit.actor(username=SHAPED["vendor-key"], session_id=SHAPED["jwt"]):
            queue.enqueue(len, "work")
