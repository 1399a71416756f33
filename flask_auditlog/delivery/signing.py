"""What a delivery is signed with: Standard Webhooks and Phase Two's own, from the same secrets.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..errors import Fault
from ..errors import InvalidEvent

# What a secret of the specification's begins with, and its two keys of Ed25519.
SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_CHARS = 512

# Phase Two's names of the hashes.
ALGORITHMS = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}


def new_secret() -> str:
    """Return a new secret, in the specification's form: ``whsec_`` and 32 random bytes."""
    return SHARED + base64.b64encode(secrets.token_bytes(32)).decode()


def new_private_key() -> str:
    """Return a new Ed25519 key, ``whsk_…``."""
    return PRIVATE + base64.b64encode(secrets.token_bytes(32)).decode()


def public_key(private: str) -> str:
    """Return the ``whpk_…`` that verifies what *private* signs. It is no secret."""
    raw = (
        _ed25519(private)
        .public_key()
        .public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    )

    return PUBLIC + base64.b64encode(raw).decode()


def check_secret(given: str) -> str:
    """Return a secret that somebody has chosen.

    Any text is one: Phase Two's are short and opaque. What says that it is a key of the
    specification must be one.

    :raises InvalidEvent: when it cannot be a secret. The message does not repeat it.
    """
    said = None
    if not 0 < len(given) <= SECRET_CHARS or not given.isprintable():
        said = f"A secret is a text of 1 to {SECRET_CHARS} characters, without line breaks."
    elif given.startswith(PUBLIC):
        said = "This is the public half of a key. The private one begins with whsk_."
    elif given.startswith((SHARED, PRIVATE)) and not _decoded(given):
        said = f"After {given.split('_')[0]}_ a secret is base64."
    elif given.startswith(PRIVATE) and len(_decoded(given) or b"") not in (32, 64):
        said = "After whsk_ stand 32 or 64 bytes in base64."
    if said is not None:
        raise InvalidEvent(faults=[Fault("secret", said)])

    return given


def standard(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return ``webhook-signature``: one entry of each key, the current first.

    While a secret is rotated two keys are live, and a receiver that knows one of them is
    content. There is nothing but these entries in it: the reference's verifier fails on more.
    """
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)

    return " ".join(_entry(key, signed) for key in keys)


def phase_two(secret: str, algorithm: str, body: bytes) -> str:
    """Return ``X-Keycloak-Signature``: a hash of the body, in hex, keyed by the secret as it is."""
    return hmac.new(secret.encode(), body, ALGORITHMS[algorithm]).hexdigest()


def _entry(key: str, signed: bytes) -> str:
    if key.startswith(PRIVATE):
        return f"v1a,{base64.b64encode(_ed25519(key).sign(signed)).decode()}"
    digest = hmac.digest(_shared(key), signed, sha256)

    return f"v1,{base64.b64encode(digest).decode()}"


def _shared(key: str) -> bytes:
    """The bytes of a secret: those that ``whsec_`` tells, or its text in UTF-8."""
    return (_decoded(key) if key.startswith(SHARED) else None) or key.encode()


def _decoded(key: str) -> bytes | None:
    """What stands after the prefix of *key*; ``None`` if that is no base64.

    The padding may be missing, as the reference's verifiers have it.
    """
    text = key.partition("_")[2]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _ed25519(private: str) -> Ed25519PrivateKey:
    # Some keep the public half behind the private one, as libsodium does.
    return Ed25519PrivateKey.from_private_bytes((_decoded(private) or b"")[:32])
