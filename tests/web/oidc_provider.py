"""An OpenID provider of its own: real keys, and a real server of its JWKS."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://id.example.com/auth/realms/acme"
AUDIENCE = "audit-log"

# Made once: each takes a part of a second.
RSA = {name: rsa.generate_private_key(65537, 2048) for name in ("one", "two")}
EC = ec.generate_private_key(ec.SECP256R1())


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """Return the public half of an RSA key, as a provider tells it."""
    told = RSAAlgorithm.to_jwk(RSA[name].public_key(), as_dict=True)
    return {**told, "kid": name, "use": "sig", "alg": "RS256"} | more


def ec_jwk() -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "curve", "use": "sig"}


class Provider:
    """What it answers, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[Any] = [jwk("one")]
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None
        self.asked = 0
        # What its own document says beside its issuer and where its keys are.
        self.document: Any = {}
        self.documents = 0
        # Held by a test, nobody is answered.
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.uri = ""
        self.issuer = ""

    @property
    def described(self) -> Any:
        """Its own document."""
        if not isinstance(self.document, dict):
            return self.document
        return {"issuer": self.issuer, "jwks_uri": self.uri} | self.document


def token(
    kid: str = "one",
    *,
    key: Any = None,
    algorithm: str = "RS256",
    header: Mapping[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return an access token as Keycloak makes it; a claim of ``None`` is left out."""
    now = int(time.time())
    told = {
        "iss": ISSUER,
        "aud": [AUDIENCE, "account"],
        "sub": "f7cd3491",
        "azp": "backend",
        "typ": "Bearer",
        "iat": now,
        "exp": now + 300,
        "realm_access": {"roles": ["view-events", "offline_access"]},
    } | claims
    held = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(
        held, key or RSA[kid], algorithm=algorithm, headers={"kid": kid, **(header or {})}
    )


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve a JWKS at an address of this machine."""
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_document = self.path == "/auth/realms/acme/.well-known/openid-configuration"
            state.documents += is_document
            state.asked += not is_document
            state.may_answer.wait(20)
            told = state.described if is_document else {"keys": state.keys}
            body = json.dumps(told).encode() if state.body is None else state.body
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.issuer = f"http://127.0.0.1:{server.server_port}/auth/realms/acme"
    state.uri = f"http://127.0.0.1:{server.server_port}/certs"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.may_answer.set()
        server.shutdown()
        server.server_close()
        thread.join()
