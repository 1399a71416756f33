"""Secrets are planted in everything a request, a caller and a failure can carry; then every
byte that was stored or logged is searched for them.
"""

from __future__ import annotations

import base64
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from flask import request
from flask import session

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from flask_auditlog.errors import InvalidEvent
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import with_logins

# Each plant has a word of its own, so that a find says where it came through.
PLANTS = {
    name: f"sEcReT{number:02}zq{name}"
    for number, name in enumerate(
        "form query json header cookie bearer basic session path userinfo detail nested listed"
        " pair bytes error exception actor representation api apinested apierror"
        " hook token url raised received cause".split()
    )
}
# What has no name beside it and is told by its shape: GitHub's tokens.
PLANTS |= {
    name: f"ghp_0123456789abcdefgh{number}zq{name}"
    for number, name in enumerate(
        "type kind org ip sid realm apitype apikind apiorg apiip apisid apirealm zone".split()
    )
}


def planted(app: Flask, audit: AuditLog) -> Flask:
    """Give *app* views that pass on everything they get."""

    @app.post("/reset/<token>")
    def reset(token: str) -> str:
        session["password_hint"] = PLANTS["session"]
        return "ok"

    @app.post("/careless")
    def careless() -> str:
        audit.record(
            "careless",
            resource_path=f"/careless?token={PLANTS['path']}",
            error=f"login failed, password: {PLANTS['error']}",
            representation=json.dumps({"client_secret": PLANTS["representation"]}),
            details={
                "form": request.form.to_dict(),
                "args": request.args,
                "query": request.query_string,
                "headers": list(request.headers),
                "cookies": dict(request.cookies),
                "auth": request.authorization,
                "url": f"https://bob:{PLANTS['userinfo']}@db/x?api_key={PLANTS['url']}",
                "password": PLANTS["detail"],
                "user": {"profile": {"newPassword": PLANTS["nested"]}},
                "changes": [{"field": "x"}, {"apiKey": PLANTS["listed"]}],
                "pairs": [("secret_key", PLANTS["pair"])],
                "raw": f"a=1&access_token={PLANTS['bytes']}".encode(),
                "exception": ValueError(f"refused: passwd={PLANTS['exception']}"),
            },
        )
        return "ok"

    @app.post("/named")
    def named() -> str:
        who = {"ip_address": PLANTS["ip"], "session_id": PLANTS["sid"]}
        with audit.actor(username="bob", realm_id=PLANTS["realm"], **who):
            audit.record("named", resource_type=PLANTS["kind"])
        with audit.actor(ip_address=f"fe80::1%{PLANTS['zone']}"):
            audit.record("named")
        with suppress(InvalidEvent):
            audit.record(PLANTS["type"])
        with suppress(InvalidEvent):
            audit.record("a", organization_id=PLANTS["org"])
        return "ok"

    @app.post("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    return app


def browse(app: Flask) -> None:
    """Send secrets in all the ways a browser can."""
    client = app.test_client()
    client.set_cookie("remember_token", PLANTS["cookie"])
    client.get(f"/login?password={PLANTS['query']}")
    basic = base64.b64encode(f"bob:{PLANTS['basic']}".encode()).decode()
    for authorization in (f"Bearer {PLANTS['bearer']}abcdefghijklmnop", f"Basic {basic}"):
        client.post(
            f"/careless?token={PLANTS['query']}",
            data={"password": PLANTS["form"], "otp_code": PLANTS["form"]},
            headers={"Authorization": authorization, "X-Api-Key": PLANTS["header"]},
        )
    client.post("/named")
    client.post("/reset/" + PLANTS["token"], json={"password": PLANTS["json"]})
    client.post("/broken", json={"password": PLANTS["json"]})
    client.get("/logout")


def ingest(app: Flask, audit: AuditLog) -> str:
    """Send secrets in what a client posts; return the token."""
    with app.app_context():
        tokens: Any = audit.events.tokens
        _, secret = tokens.create(
            name="t", realm="default", permissions=["publish-events", "publish-as"]
        )
    body = {
        "type": "posted",
        "error": f"token={PLANTS['apierror']}",
        "authDetails": {"username": f"Bearer {PLANTS['actor']}abcdefghijklmnopqrst"},
        "details": {
            "password": PLANTS["api"],
            "a": [{"privateKey": PLANTS["apinested"]}],
            "said": secret,
        },
    }
    headers = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    assert (
        client.post("/audit/realms/default/events", json=body, headers=headers).status_code == 202
    )
    who = {"sessionId": PLANTS["apisid"], "realmId": PLANTS["apirealm"]}
    named = {"type": "posted", "resourceType": PLANTS["apikind"], "authDetails": who}
    client.post("/audit/realms/default/events", json=named, headers=headers)
    for wrong in (
        {**body, "time": "x", "password": PLANTS["api"]},
        {"type": PLANTS["apitype"]},
        {"type": "a", "organizationId": PLANTS["apiorg"]},
        {"type": "a", "authDetails": {"ipAddress": PLANTS["apiip"]}},
    ):
        answer = client.post("/audit/realms/default/events", json=wrong, headers=headers)
        assert answer.status_code == 400
        assert not any(secret in answer.text for secret in PLANTS.values())
    return str(secret)


def test_no_secret_is_in_any_byte_that_is_stored_or_logged(
    make_app: MakeApp, sqlite_url: str, tmp_path: Path, logged: io.StringIO
) -> None:
    audit = AuditLog()
    app = make_app(audit, AUDITLOG_DATABASE_URL=sqlite_url, PROPAGATE_EXCEPTIONS=False)
    planted(with_logins(app), audit)

    @audit.before_record
    def hook(event: Any) -> None:
        if event.details is not None:
            event.details["hook"] = {"password": PLANTS["hook"]}
        if event.type == "access.LOGOUT":
            try:
                raise KeyError(PLANTS["cause"])
            except KeyError as error:
                raise RuntimeError(f"no user {PLANTS['raised']}") from error

    def receive(app: Flask, record: Any) -> None:
        raise RuntimeError(PLANTS["received"])

    with event_recorded.connected_to(receive, app):
        browse(app)
        token = ingest(app, audit)
    assert set(types(app)) == {
        "access.LOGIN", "careless", "access.REQUEST", "access.LOGOUT", "posted", "named"
    }  # fmt: skip
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    said = logged.getvalue()
    assert b"careless" in stored
    # Where it went wrong is said, and what kind of error it was.
    assert all(words in said for words in ("before_record failed", "in hook", ".RuntimeError\n"))
    for name, secret in (PLANTS | {"token of ours": token}).items():
        assert secret.encode() not in stored, name
        assert base64.b64encode(secret.encode())[:-4] not in stored, name
        assert secret not in said, name
