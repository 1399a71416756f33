from __future__ import annotations

import hashlib
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flask_auditlog.delivery import bearer
from flask_auditlog.errors import ConfigError

jwt = pytest.importorskip("jwt")

BODY = '{"name":"é 日本語 😀"}'.encode()


@pytest.fixture(scope="module")
def key() -> str:
    return bearer.new_signing_key()


def claims(**more: object) -> bearer.Claims:
    given = {"id": "d1.1", "issuer": "https://log", "audience": "them", "issued": int(time.time())}
    return bearer.Claims(**given | more)  # type: ignore[arg-type]


def read(token: str, key: str) -> dict[str, object]:
    published = jwt.PyJWKSet.from_dict(bearer.jwks([key]))[jwt.get_unverified_header(token)["kid"]]
    read: dict[str, object] = jwt.decode(token, published, algorithms=["RS256"], audience="them")
    return read


def test_another_library_verifies_a_token_by_what_is_published(key: str) -> None:
    given = claims()
    token = bearer.token(key, given, BODY)
    assert jwt.get_unverified_header(token)["typ"] == "JWT"
    assert read(token, key) == {
        "jti": "d1.1",
        "iss": "https://log",
        "aud": "them",
        "iat": given.issued,
        "exp": given.issued + 300,
        "request_body_sha256": hashlib.sha256(BODY).hexdigest(),
    }


def test_a_token_is_good_for_its_time_its_receiver_and_its_key(key: str) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        read(bearer.token(key, claims(issued=int(time.time()) - 400), BODY), key)
    with pytest.raises(jwt.InvalidAudienceError):
        read(bearer.token(key, claims(audience="others"), BODY), key)
    with pytest.raises(KeyError):
        read(bearer.token(key, claims(), BODY), bearer.new_signing_key())


def test_keys_are_named_by_their_thumbprint_and_nothing_private_is_published(key: str) -> None:
    (published,) = bearer.jwks([key])["keys"]
    assert set(published) == {"kty", "n", "e", "kid", "use", "alg"}
    assert "=" not in "".join(published.values())
    assert published["kid"] == jwt.get_unverified_header(bearer.token(key, claims(), BODY))["kid"]


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    # RFC 7638, section 3.1.
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0"
        "_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWh"
        "AI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    named = bearer.thumbprint({"e": "AQAB", "kty": "RSA", "n": n})
    assert named == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_what_is_no_rsa_key_is_refused_and_not_repeated() -> None:
    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for pem in ("secret text", other.decode()):
        with pytest.raises(ConfigError, match="no RSA key") as raised:
            bearer.token(pem, claims(), BODY)
        assert pem not in str(raised.value)
        assert raised.value.__cause__ is None
