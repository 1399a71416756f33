"""Tokens for endpoints that verify a signature by a public key, as Phase Two's do.

A JWT (RFC 7519) of RS256 (RFC 7518, 3.3); the keys are published as RFC 7517 has it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa

from ..errors import ConfigError

# Seconds that a token is good for. Each attempt has its own.
LIFETIME = 300
KEY_BITS = 2048


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says, beside the hash of the body. ``issued`` is in seconds.

    ``id`` is another at each attempt, so that a receiver can refuse one it has seen.
    """

    id: str
    issuer: str
    audience: str
    issued: int


def new_signing_key() -> str:
    """Return a new RSA key as PEM, PKCS #8. It is a secret: seal it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def token(pem: str, claims: Claims, body: bytes) -> str:
    """Return the token of one attempt to send *body*.

    :raises ConfigError: when *pem* is no RSA key.
    """
    key = _private(pem)
    header = {"alg": "RS256", "typ": "JWT", "kid": thumbprint(_numbers(key))}
    said = {
        "jti": claims.id,
        "iss": claims.issuer,
        "aud": claims.audience,
        "iat": claims.issued,
        "exp": claims.issued + LIFETIME,
        "request_body_sha256": sha256(body).hexdigest(),
    }
    signed = f"{_base64(_json(header))}.{_base64(_json(said))}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())

    return f"{signed}.{_base64(signature)}"


def jwks(pems: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """Return the public halves of these private keys: what receivers verify with.

    :raises ConfigError: when one is no RSA key.
    """
    published = [_numbers(_private(pem)) for pem in pems]

    return {
        "keys": [
            {**numbers, "kid": thumbprint(numbers), "use": "sig", "alg": "RS256"}
            for numbers in published
        ]
    }


def _private(pem: str) -> rsa.RSAPrivateKey:
    said = "The key that signs webhook tokens is no RSA key in PEM. Make a new one."
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        # Without its cause, which may repeat some of the key.
        raise ConfigError(said) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigError(said)

    return key


def _numbers(key: rsa.RSAPrivateKey) -> dict[str, str]:
    public = key.public_key().public_numbers()

    return {"e": _number(public.e), "kty": "RSA", "n": _number(public.n)}


def thumbprint(numbers: Mapping[str, str]) -> str:
    """Return the name of a public key: RFC 7638, of ``e``, ``kty`` and ``n`` alone, in this order."""
    return _base64(sha256(_json(numbers)).digest())


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
