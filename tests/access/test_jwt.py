"""The identity of a JWT is who acts, without a query."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask import request

from flask_auditlog import AuditLog
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User

jwt = pytest.importorskip("flask_jwt_extended")


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    app = make_app(
        audit,
        JWT_SECRET_KEY="a-Key-that-is-long-enough-for-SHA-256-indeed",
        AUDITLOG_CAPTURE={"logins_at": ["login"]},
    )
    jwt.JWTManager(app)

    @app.post("/login")
    def login() -> Any:
        assert request.get_json()["password"] == "right"
        return {"access_token": jwt.create_access_token("7")}

    @app.post("/act")
    @jwt.jwt_required(optional=True)
    def act() -> str:
        audit.record("a")
        return "ok"

    @app.post("/captured")
    @jwt.jwt_required()
    def captured() -> str:
        return "ok"

    return app


def headers(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {"Authorization": f"Bearer {jwt.create_access_token('7')}"}


@pytest.mark.parametrize("path", ["/act", "/captured"])
def test_the_identity_is_the_actor(host: Flask, path: str) -> None:
    host.test_client().post(path, headers=headers(host))
    who = last(host).auth_details
    assert who is not None
    assert (who.user_id, who.username) == ("7", None)


def test_a_user_that_is_loaded_has_a_name(host: Flask) -> None:
    host.extensions["flask-jwt-extended"].user_lookup_loader(lambda *_: User())
    host.test_client().post("/captured", headers=headers(host))
    who = last(host).auth_details
    assert who is not None
    assert (who.user_id, who.username) == ("7", "alice@acme.test")


def test_without_a_token_nobody_acts(host: Flask) -> None:
    host.test_client().post("/act")
    who = last(host).auth_details
    assert who is not None
    assert who.user_id is None


@pytest.mark.parametrize("token", ["invented", "a.b.c", ""])
def test_a_token_that_is_not_true_names_nobody(host: Flask, token: str) -> None:
    host.test_client().post("/captured", headers={"Authorization": f"Bearer {token}"})
    who = last(host).auth_details
    assert who is not None
    assert who.user_id is None


def test_the_token_is_given_by_a_login(host: Flask) -> None:
    host.test_client().post("/login", json={"username": "alice", "password": "right"})
    assert types(host) == ["access.LOGIN"]
    assert last(host).details == {"endpoint": "login", "status": 200, "username": "alice"}
