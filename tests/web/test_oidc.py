"""Tokens of an OpenID provider: what is right opens what it says, and nothing else opens anything."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat
from flask import Flask
from jwt.algorithms import RSAAlgorithm

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import ProviderUnavailable
from flask_auditlog.oidc import keys as keys_room
from flask_auditlog.oidc import OIDCTokens
from flask_auditlog.oidc.keys import Keys
from flask_auditlog.oidc.reading import MOST_BYTES
from flask_auditlog.store import PUBLISH_AS
from tests.apps import records
from tests.web.oidc_provider import AUDIENCE
from tests.web.oidc_provider import EC
from tests.web.oidc_provider import ec_jwk
from tests.web.oidc_provider import ISSUER
from tests.web.oidc_provider import jwk
from tests.web.oidc_provider import Provider
from tests.web.oidc_provider import provider as serve
from tests.web.oidc_provider import RSA
from tests.web.oidc_provider import token

EVENTS = "/audit/realms/default/events"


def now() -> int:
    """The time of a token that is made now: this module may have been loaded long ago."""
    return int(time.time())


@pytest.fixture(scope="module")
def _served() -> Iterator[Provider]:
    with serve() as served:
        yield served


@pytest.fixture
def provider(_served: Provider) -> Provider:
    _served.keys, _served.status, _served.body, _served.headers = [jwk("one")], 200, None, {}
    _served.asked = _served.documents = 0
    _served.document = {}
    return _served


def tokens_of(provider: Provider, **more: Any) -> OIDCTokens:
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_uri": provider.uri,
        "organization_claim": None,
    }
    return OIDCTokens(**given | more)


@pytest.fixture
def load(provider: Provider) -> OIDCTokens:
    return tokens_of(provider)


def make_app(load: OIDCTokens, **config: Any) -> Flask:
    app = Flask(__name__)
    config |= {"TESTING": True, "SECRET_KEY": "test", "AUDITLOG_REALMS": ["default", "other"]}
    app.config.update(config)
    AuditLog(app).token_loader(load)
    return app


def status(app: Flask, secret: str, path: str = EVENTS, **more: Any) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return app.test_client().open(path, headers=headers, **more).status_code


def test_a_role_of_phase_two_is_a_permission_over_http(load: OIDCTokens) -> None:
    app = make_app(load)
    assert status(app, token()) == 200
    assert status(app, token(), method="POST", json={"type": "a"}) == 403
    publisher = token(realm_access={"roles": ["publish-events"]})
    assert status(app, publisher, method="POST", json={"type": "a"}) == 202
    assert status(app, publisher) == 403
    assert status(app, token(), path=EVENTS.replace("default", "other")) == 401
    assert status(app, token()[:-6] + "AAAAAA") == 401
    # Whoever looked is on record, as who they are at the provider.
    (event,) = [each.event for each in records(app) if each.event.type == "a"]
    assert event.auth_details is not None
    assert (event.auth_details.client_id, event.auth_details.user_id) == ("backend", "f7cd3491")


@pytest.mark.parametrize(
    ("claims", "permissions"),
    [
        ({}, {"view-events"}),
        ({"realm_access": {"roles": ["view-events", "manage-events", "publish-events"]}}, {"view-events", "manage-events", "publish-events"}),
        ({"resource_access": {"realm-management": {"roles": ["manage-events"]}}}, {"view-events", "manage-events"}),
        # An app's own role of this name is none of ours, and nobody becomes somebody else by one.
        ({"resource_access": {"shop": {"roles": ["manage-events"]}}}, {"view-events"}),
        ({"realm_access": {"roles": ["publish-as", "admin"]}}, set()),
        ({"realm_access": None}, set()),
        ({"realm_access": ["view-events"]}, set()),
        ({"realm_access": {"roles": "view-events"}}, set()),
        ({"realm_access": {"roles": [["view-events"], 5, None]}}, set()),
        ({"scope": "view-events", "roles": ["view-events"], "realm_access": {}}, set()),
    ],
)  # fmt: skip
def test_roles_become_permissions(
    load: OIDCTokens, claims: dict[str, Any], permissions: set[str]
) -> None:
    found = load(token(**claims))
    assert found is not None
    assert found.permissions == permissions
    assert found.organization_id is None


def test_the_operator_may_name_roles_and_clients(provider: Provider) -> None:
    load = tokens_of(
        provider, roles={"auditor": "view-events", "backend": PUBLISH_AS}, clients=["shop"]
    )
    found = load(
        token(
            realm_access={"roles": ["view-events", "auditor"]},
            resource_access={
                "shop": {"roles": ["backend"]},
                "realm-management": {"roles": ["publish-events"]},
            },
        )
    )
    assert found is not None
    assert found.permissions == {"view-events", PUBLISH_AS}


REFUSED: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=now() - 60),
    "without an expiry": lambda: token(exp=None),
    "of the future": lambda: token(iat=now() + 600),
    "not yet": lambda: token(nbf=now() + 600),
    "for another": lambda: token(aud="shop"),
    "for nobody": lambda: token(aud=None),
    "of another issuer": lambda: token(iss=f"{ISSUER}/"),
    "of nobody": lambda: token(sub=None),
    "of a subject that is none": lambda: token(sub=""),
    "of a client that is none": lambda: token(azp=["a"]),
    "an ID token": lambda: token(typ="ID"),
    "a refresh token": lambda: token(typ="Refresh"),
    "signed by another": lambda: token("one", key=RSA["two"]),
    "of an unknown key": lambda: token("two"),
    "with a header that must be understood": lambda: token(header={"crit": ["exp"], "exp": now()}),
    "of another algorithm": lambda: token(algorithm="RS512"),
    "of a key's other algorithm": lambda: token(algorithm="PS256"),
    "without a signature": lambda: jwt.encode({}, "", algorithm="none", headers={"kid": "one"}),
    "with the signature cut off": lambda: token().rpartition(".")[0] + ".",
    "an overflow": lambda: token(exp=float("inf")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_right_in_every_way_is_refused(load: OIDCTokens, case: str) -> None:
    assert load(token()) is not None
    assert load(REFUSED[case]()) is None


def test_a_key_is_for_one_algorithm(provider: Provider) -> None:
    """Also where the operator allows others: the provider says what its key signs with."""
    load = tokens_of(provider, algorithms=["RS256", "RS512", "PS256"])
    assert load(token())
    assert load(token(algorithm="RS512")) is None
    assert load(token(algorithm="PS256")) is None


def test_a_public_key_is_no_password(load: OIDCTokens) -> None:
    """The classic: HS256, with the public key as the secret, made by hand as libraries refuse to."""
    public = RSA["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": "one"}
    claims = jwt.decode(token(), options={"verify_signature": False})
    signed = ".".join(_part(each) for each in (header, claims))
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        signed.encode(), public
    )
    assert load(f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}") is None


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "nonsense",
        f"{_part([])}.{_part({})}.",
        f"{_part({'alg': 'RS256', 'kid': ['one']})}.{_part({})}.AAAA",
        f"{_part({'alg': ['RS256'], 'kid': 'one'})}.{_part({})}.AAAA",
        f"{_part({'alg': 'RS256', 'kid': 'one', 'crit': ['b64']})}.{_part({})}.AAAA",
        f"{base64.urlsafe_b64encode(b'[' * 5000).decode().rstrip('=')}.e30.AAAA",
        f"{base64.urlsafe_b64encode(bytes(range(256))).decode().rstrip('=')}.e30.AAAA",
    ],
)
def test_whatever_somebody_sends_is_refused_quietly(
    load: OIDCTokens, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(secret) is None
    assert caplog.text == ""


def test_nobody_has_keys_fetched_who_could_not_use_them(
    provider: Provider, load: OIDCTokens
) -> None:
    header = _part({"alg": "HS256", "kid": "one"})
    for secret in ("nonsense", f"{header}.e30.AAAA", f"{_part({'alg': 'RS256'})}.e30.AAAA"):
        assert load(secret) is None
    assert provider.asked == 0


@pytest.mark.parametrize(
    ("claim", "claims", "organization"),
    [
        ("org_id", {"org_id": "acme"}, "acme"),
        ("active_organization.id", {"active_organization": {"id": "acme"}}, "acme"),
        ("organization", {"organization": ["acme"]}, "acme"),
        ("organization", {"organization": ["acme", "globex"]}, None),
        ("organization", {"organization": []}, None),
        ("organization", {"organization": {"acme": {}}}, None),
        ("org_id", {"org_id": ""}, None),
        ("org_id", {"org_id": 5}, None),
        ("org_id", {"org_id": "x" * 256}, None),
        ("org_id", {}, None),
        ("active_organization.id", {"active_organization": "acme"}, None),
    ],
)
def test_a_token_is_bound_to_its_organization_or_is_none(
    provider: Provider, claim: str, claims: dict[str, Any], organization: str | None
) -> None:
    found = tokens_of(provider, organization_claim=claim)(token(**claims))
    assert (found and found.organization_id) == organization


def test_another_token_of_the_same_person_and_client_is_the_same_token(load: OIDCTokens) -> None:
    first, again = load(token()), load(token(exp=now() + 900))
    others = [load(token(sub="other")), load(token(azp="shop"))]
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert len({first.id, *(each.id for each in others if each)}) == 3
    assert first.expires_time != again.expires_time


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_keys_are_fetched_once_for_many_tokens(provider: Provider, load: OIDCTokens) -> None:
    assert all(load(token()) for _ in range(20))
    assert provider.asked == 1


def test_a_new_key_is_found_and_unknown_ones_fetch_nothing_more(
    provider: Provider, clock: Clock
) -> None:
    keys = Keys(provider.uri, clock=clock)
    assert keys.find("one")
    provider.keys = [jwk("one"), jwk("two")]
    # Whoever invents names of keys does not make us ask for each.
    assert not any(keys.find(f"invented-{n}") for n in range(20))
    assert provider.asked == 1
    clock.now += keys_room.AGAIN
    assert keys.find("two")
    assert not any(keys.find(f"invented-{n}") for n in range(20))
    assert provider.asked == 2


def test_a_key_that_was_withdrawn_is_none_soon(provider: Provider, clock: Clock) -> None:
    keys = Keys(provider.uri, clock=clock)
    assert keys.find("one")
    provider.keys = [jwk("two")]
    clock.now += keys_room.FRESH + 1
    # The one who asks is not made to wait; the next one knows.
    keys.find("one")
    _ended(keys)
    assert keys.find("one") is None
    assert keys.find("two")


def _ended(keys: Keys) -> None:
    thread = keys._fetching  # noqa: SLF001 (to know that it is over)
    assert thread is not None
    thread.join(10)


def test_while_the_provider_is_away_known_keys_go_on_for_a_while(
    provider: Provider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    keys = Keys(provider.uri, clock=clock)
    assert keys.find("one")
    provider.status = 503
    clock.now += keys_room.FRESH + 1
    assert keys.find("one")
    _ended(keys)
    assert "HTTPError" in caplog.text
    clock.now += keys_room.KEPT
    with pytest.raises(ProviderUnavailable):
        keys.find("one")
    provider.status = 200
    clock.now += keys_room.AFTER_ERROR
    assert keys.find("one")


def test_one_that_does_not_answer_holds_nobody_longer_than_the_deadline(
    provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_room, "DEADLINE", 0.05)
    provider.may_answer.clear()
    keys = Keys(provider.uri, clock=clock)
    # It returns while the provider still has not answered.
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            keys.find("one")
    assert not provider.may_answer.is_set()
    provider.may_answer.set()
    _ended(keys)
    assert keys.find("one")
    assert provider.asked == 1


SMALL = rsa.generate_private_key(65537, 1024)


def weak() -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(SMALL.public_key(), as_dict=True), "kid": "weak", "use": "sig"}


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "kid": "weak", "k": "c2VjcmV0", "alg": "HS256"},
        jwk("one", kid="weak", use="enc"),
        jwk("one", kid="weak", alg="HS256"),
        jwk("one", kid="weak", alg=["RS256"]),
        jwk("one", kid="weak", n="AA"),
        jwk("one", kid=5),
        {"kty": "RSA", "kid": "weak"},
        {"kty": ["RSA"], "kid": "weak"},
        weak(),
        "nonsense",
        None,
    ],
)
def test_a_key_that_is_good_for_nothing_is_left_out(provider: Provider, key: Any) -> None:
    provider.keys = [key, jwk("one")]
    keys = Keys(provider.uri)
    assert keys.find("weak") is None
    assert keys.find("one")


def test_curves_and_keys_that_do_not_say_what_they_sign_with(provider: Provider) -> None:
    plain = jwk("two")
    del plain["alg"]
    provider.keys = [ec_jwk(), plain]
    load = tokens_of(provider)
    assert load(token("curve", key=EC, algorithm="ES256"))
    assert load(token("two"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": b"nonsense"}, "DecodeError"),
        ({"body": b"[]"}, "ValueError"),
        ({"body": b'{"keys": {}}'}, "ValueError"),
        ({"body": b" " * (MOST_BYTES + 1)}, "ValueError"),
        ({"body": b"[" * 100_000}, "RecursionError"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "HTTPError"),
        ({"status": 404}, "HTTPError"),
    ],
)
def test_what_is_no_jwks_opens_nothing(
    provider: Provider, load: OIDCTokens, answer: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in answer.items():
        setattr(provider, name, value)
    with pytest.raises(ProviderUnavailable):
        load(token())
    assert said in caplog.text
    # A redirect is not followed, and a failure not repeated at once.
    with pytest.raises(ProviderUnavailable):
        load(token())
    assert provider.asked == 1


def test_while_nobody_can_say_whose_token_it_is_the_answer_is_to_try_again(
    provider: Provider, load: OIDCTokens, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(load, AUDITLOG_RATE_LIMIT="1000/second")
    provider.status = 503
    answer = app.test_client().get(EVENTS, headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["error"] == "provider_unavailable"
    # What cannot be a token of theirs is none, as ever.
    assert status(app, "nonsense") == 401
    # Strangers are counted then too.
    assert {status(app, token()) for _ in range(70)} == {503, 429}
    assert "Answered 503" not in caplog.text


@pytest.mark.parametrize(
    "given",
    [
        {"jwks_uri": "http://id.example.com/certs"},
        {"jwks_uri": "http://127.0.0.1.example.com/certs"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https:///certs"},
        {"jwks_uri": ""},
        {"issuer": ""},
        {"audience": ""},
        {"audience": []},
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"algorithms": []},
        {"algorithms": "RS256"},
        {"roles": {"auditor": "see-all"}},
        {"clients": "realm-management"},
        {"organization_claim": ""},
        {"organization_claim": "a..b"},
    ],
)
def test_what_could_not_be_safe_is_no_configuration(given: dict[str, Any]) -> None:
    right: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_uri": "https://id.example.com/certs",
        "organization_claim": None,
    }
    OIDCTokens(**right)
    with pytest.raises(ConfigError, match="OIDCTokens"):
        OIDCTokens(**right | given)


def test_without_the_extra_it_says_what_is_missing() -> None:
    script = (
        "import importlib.util as util; found = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'jwt' else found(name, *more)\n"
        "import flask_auditlog.oidc"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert b"extra `oidc`" in done.stderr


def test_nobody_forgets_to_say_of_which_organization_tokens_are() -> None:
    with pytest.raises(TypeError, match="organization_claim"):
        OIDCTokens(issuer=ISSUER, audience=AUDIENCE, jwks_uri="https://id.example.com/certs")  # type: ignore[call-arg]  # that is the test
