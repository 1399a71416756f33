"""A passkey in software: what a browser and its authenticator answer (WebAuthn, level 2)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# User present, user verified, attested credential data.
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """Holds one key for one site, and signs with it."""

    def __init__(self, site: str = "localhost") -> None:
        self.site = site
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0

    def register(self, options: dict[str, Any]) -> str:
        """Answer the options of a registration."""
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        client = self._client("webauthn.create", options["challenge"])

        return self._credential(clientDataJSON=client, attestationObject=cbor2.dumps(statement))

    def sign(self, options: dict[str, Any], user: bytes = b"") -> str:
        """Answer the options of a login."""
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(0)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = {"userHandle": user} if user else {}

        return self._credential(
            clientDataJSON=client, authenticatorData=data, signature=signature, **handle
        )

    def _data(self, flags: int) -> bytes:
        self.count += 1
        site = hashlib.sha256(self.site.encode()).digest()

        return site + bytes([PRESENT | VERIFIED | flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        origin = f"http://{self.site}"
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _credential(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "response": {name: text(value) for name, value in response.items()},
                "clientExtensionResults": {"credProps": {"rk": True}},
                "extensions": "{}",
                "transports": ["internal"],
            }
        )


def text(raw: bytes) -> str:
    """Return *raw* in base64url."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
