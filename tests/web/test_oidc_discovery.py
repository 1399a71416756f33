"""An issuer that says itself where its keys are: believed as far as its own document goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import ProviderUnavailable
from flask_auditlog.oidc import discovery
from flask_auditlog.oidc import keys as keys_room
from flask_auditlog.oidc import OIDCTokens
from flask_auditlog.oidc import reading
from flask_auditlog.oidc.keys import Keys
from flask_auditlog.oidc.reading import MOST_BYTES
from tests.web.oidc_provider import AUDIENCE
from tests.web.oidc_provider import jwk
from tests.web.oidc_provider import Provider
from tests.web.oidc_provider import provider as serve
from tests.web.oidc_provider import token
from tests.web.test_oidc import Clock
from tests.web.test_oidc import make_app
from tests.web.test_oidc import status


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as served:
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


def tokens_of(provider: Provider, **more: Any) -> OIDCTokens:
    given = {"issuer": provider.issuer, "audience": AUDIENCE, "organization_claim": None} | more
    return OIDCTokens(**given)


def test_the_issuer_alone_is_enough(provider: Provider) -> None:
    app = make_app(tokens_of(provider))
    # Nothing is asked for before somebody comes.
    assert (provider.documents, provider.asked) == (0, 0)
    assert [status(app, token(iss=provider.issuer)) for _ in range(3)] == [200] * 3
    assert (provider.documents, provider.asked) == (1, 1)
    assert status(app, token()) == 401


def test_a_slash_at_the_end_of_the_issuer_belongs_to_its_name_alone(provider: Provider) -> None:
    issuer = f"{provider.issuer}/"
    provider.document = {"issuer": issuer}
    assert tokens_of(provider, issuer=issuer)(token(iss=issuer))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://id.example.com"}, "names another issuer"),
        ({"issuer": None}, "names another issuer"),
        ({"issuer": ["x"]}, "names another issuer"),
        ({"jwks_uri": None}, "names no jwks_uri"),
        ({"jwks_uri": "http://id.example.com/certs"}, "names no jwks_uri"),
        ({"jwks_uri": "file:///etc/passwd"}, "names no jwks_uri"),
        ({"jwks_uri": "https://[/certs"}, "names no jwks_uri"),
        ([], "ValueError"),
        ("nonsense", "ValueError"),
    ],
)
def test_a_document_that_is_not_the_issuers_opens_nothing(
    provider: Provider, document: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider.document = document
    load = tokens_of(provider)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            load(token(iss=provider.issuer))
    assert said in caplog.text
    assert "example.com" not in caplog.text
    # Nor is it asked for again at once.
    assert (provider.documents, provider.asked) == (1, 0)


def test_keys_of_an_issuer_over_https_do_not_come_in_plain(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = "https://id.example.com"
    told = {"issuer": issuer, "jwks_uri": "http://127.0.0.1/certs"}
    monkeypatch.setattr(discovery, "read_object", lambda uri: told)
    with pytest.raises(ProviderUnavailable):
        Keys(None, issuer=issuer).find("one")
    assert "without https://" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        {"body": b" " * (MOST_BYTES + 1)},
        {"body": b"[" * 100_000},
        {"body": b"\xff"},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"status": 500},
    ],
    ids=["large", "deep", "binary", "redirect", "error"],
)
def test_a_document_that_cannot_be_read_is_503(provider: Provider, answer: Any) -> None:
    for name, value in answer.items():
        setattr(provider, name, value)
    app = make_app(tokens_of(provider))
    assert status(app, token(iss=provider.issuer)) == 503
    assert (provider.documents, provider.asked) == (1, 0)


def test_one_that_is_slow_is_left(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "DEADLINE", -1.0)
    with pytest.raises(ProviderUnavailable):
        tokens_of(provider)(token(iss=provider.issuer))


def test_where_the_keys_have_gone_is_asked_again(provider: Provider, clock: Clock) -> None:
    keys = Keys(None, issuer=provider.issuer, clock=clock)
    assert keys.find("one")
    provider.keys = [jwk("two")]
    clock.now += keys_room.AGAIN
    assert keys.find("two")
    assert provider.documents == 1
    clock.now += discovery.FRESH + 1
    assert keys.find("two")
    assert provider.documents == 2


def test_what_was_found_does_not_outlive_a_failure(provider: Provider, clock: Clock) -> None:
    keys = Keys(None, issuer=provider.issuer, clock=clock)
    assert keys.find("one")
    # The old address is gone, and the document is read for the new one.
    provider.keys, provider.status = [jwk("two")], 404
    clock.now += keys_room.AGAIN
    assert keys.find("two") is None
    provider.status = 200
    clock.now += keys_room.AFTER_ERROR
    assert keys.find("two")
    assert provider.documents == 2


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example.com",
        "id.example.com",
        "https://id.example.com/?a=b",
        "https://x/#y",
        "https://[",
    ],
)
def test_an_issuer_that_cannot_be_asked_is_no_configuration(issuer: str) -> None:
    with pytest.raises(ConfigError, match="OIDCTokens"):
        OIDCTokens(issuer=issuer, audience=AUDIENCE, organization_claim=None)
    # Where its keys are named, it is a name and no more.
    OIDCTokens(
        issuer=issuer,
        audience=AUDIENCE,
        organization_claim=None,
        jwks_uri="https://id.example.com/certs",
    )
