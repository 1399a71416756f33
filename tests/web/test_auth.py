"""Who may: by token at the API, by the host's word on the pages. What fails, denies."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import Scope
from flask_auditlog import Token
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import ScopeError
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web.auth import page_scope

EVENTS = "/audit/realms/{}/events"
Allow = Callable[[str, str, str | None], object]


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test", AUDITLOG_REALMS=["default", "other"])
    return app


@pytest.fixture
def audit(app: Flask) -> AuditLog:
    return AuditLog(app)


def secret_of(app: Flask, audit: AuditLog, **options: object) -> tuple[Token, str]:
    given = {"name": "t", "realm": "default", "permissions": [VIEW_EVENTS], **options}
    with app.app_context():
        return audit.events.tokens.create(**given)  # type: ignore[arg-type]  # a test's options


def status(app: Flask, header: str | None, realm: str = "default") -> int:
    headers = {"Authorization": header} if header else {}
    return app.test_client().get(EVENTS.format(realm), headers=headers).status_code


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_a_token_opens_its_realm(app: Flask, audit: AuditLog, scheme: str) -> None:
    _, secret = secret_of(app, audit)
    assert status(app, f"{scheme} {secret}") == 200


def test_a_token_of_another_realm_is_no_token(app: Flask, audit: AuditLog) -> None:
    _, secret = secret_of(app, audit)
    assert status(app, f"Bearer {secret}", "other") == 401
    assert status(app, f"Bearer {secret}", "missing") == 401


def test_a_revoked_or_expired_token_is_no_token(app: Flask, audit: AuditLog) -> None:
    token, revoked = secret_of(app, audit)
    with app.app_context():
        audit.events.tokens.revoke(token.id)
    _, expired = secret_of(app, audit, expires_time=time.time_ns() // 1_000_000 - 1)
    assert {status(app, f"Bearer {secret}") for secret in (revoked, expired)} == {401}


def foreign(realm: str, *permissions: str) -> Token:
    return Token(
        id="f", name="foreign", realm=realm, permissions=frozenset(permissions), created_time=0
    )


def test_the_host_may_know_tokens_that_we_do_not(app: Flask, audit: AuditLog) -> None:
    @audit.token_loader
    def load(secret: str) -> Token | None:
        return foreign("default", VIEW_EVENTS) if secret == "theirs" else None

    assert status(app, "Bearer theirs") == 200
    assert status(app, "Bearer nobodys") == 401
    assert status(app, "Bearer theirs", "other") == 401


def test_an_unknown_realm_is_told_to_those_who_may_enter_it(app: Flask, audit: AuditLog) -> None:
    audit.token_loader(lambda secret: foreign("missing", VIEW_EVENTS))
    assert status(app, "Bearer x", "missing") == 404


@pytest.mark.parametrize("answer", [True, "yes", object()])
def test_what_a_token_loader_gives_must_be_a_token(
    app: Flask, audit: AuditLog, answer: object
) -> None:
    audit.token_loader(lambda secret: answer)
    assert status(app, "Bearer x") == 401


def test_a_token_loader_that_fails_denies(
    app: Flask, audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    audit.token_loader(lambda secret: 1 / 0)
    assert status(app, "Bearer x") == 401
    assert "token_loader failed" in caplog.text


def test_the_hosts_login_opens_nothing_at_the_api(app: Flask, audit: AuditLog) -> None:
    audit.authorizer(lambda *asked: True)
    assert status(app, None) == 401


def scope(app: Flask, realm: str = "default") -> Scope:
    with app.test_request_context():
        return page_scope(VIEW_EVENTS, realm)


def test_without_an_authorizer_nobody_sees_the_pages(app: Flask, audit: AuditLog) -> None:
    audit.organization_loader(lambda: "acme")
    with pytest.raises(ScopeError):
        scope(app)


def test_who_may_see_the_realm_sees_the_whole(app: Flask, audit: AuditLog) -> None:
    audit.organization_loader(lambda: "acme")
    audit.authorizer(lambda permission, realm, organization_id: realm == "default")
    assert scope(app) == Scope(realm="default", organization_id=None)
    with pytest.raises(ScopeError):
        scope(app, "other")


def test_who_may_see_an_organization_sees_only_that(app: Flask, audit: AuditLog) -> None:
    audit.organization_loader(lambda: "acme")
    audit.authorizer(lambda permission, realm, organization_id: organization_id == "acme")
    assert scope(app) == Scope(realm="default", organization_id="acme")


@pytest.mark.parametrize("organization", [None, "", "globex"])
def test_who_is_in_no_organization_that_they_may_see_is_denied(
    app: Flask, audit: AuditLog, organization: str | None
) -> None:
    audit.organization_loader(lambda: organization)
    audit.authorizer(lambda permission, realm, organization_id: organization_id in {"acme", ""})
    with pytest.raises(ScopeError):
        scope(app)


async def allow_later(permission: str, realm: str, organization_id: str | None) -> bool:
    return False


@pytest.mark.parametrize(
    "allow", [lambda *asked: 1 / 0, lambda: True, lambda *asked: None, allow_later]
)
def test_an_authorizer_that_fails_denies(app: Flask, audit: AuditLog, allow: Allow) -> None:
    audit.organization_loader(lambda: "acme")
    audit.authorizer(allow)
    with pytest.raises(ScopeError):
        scope(app)


def test_an_organization_loader_that_fails_denies(app: Flask, audit: AuditLog) -> None:
    audit.organization_loader(lambda: 1 / 0)
    audit.authorizer(lambda permission, realm, organization_id: organization_id is not None)
    with pytest.raises(ScopeError):
        scope(app)


def test_a_realm_that_is_not_there_is_told_to_those_who_may(app: Flask, audit: AuditLog) -> None:
    audit.authorizer(lambda *asked: True)
    with pytest.raises(NotFound):
        scope(app, "missing")
