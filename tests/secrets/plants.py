"""Secrets to plant, each with a word of its own, so that a find says where it came through."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

PEM = """-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDzqpem
-----END PRIVATE KEY-----"""

# What has a secret name beside it where it is planted.
NAMED = """
form-password form-confirm form-old-password form-new-password form-wrong-password
form-recovery-code form-typed-as-username json-password json-nested
json-listed header-api-key header-cookie header-basic header-session-cookie query-token
query-api-key query-access-token path-token column-hash column-by-name column-masked column-hashed
column-json column-json-nested bulk-value bulk-criteria text-literal
text-parameter exception-view exception-hook exception-receiver exception-loader
exception-note detail-named detail-nested detail-pair detail-text detail-url
representation api-detail api-refused recorded-in-session action-argument
""".split()

# What is told by its shape alone, under a name that says nothing.
SHAPED = {
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.dGhpc19pc19hX3NpZ25hdHVyZQ",
    "pem": PEM,
    "vendor-key": "ghp_0123456789abcdefghijplantedqueryshape",
    "bearer": "Bearer plantedbearer0123456789abcdefghij",
    "card": "4111111111111111",
    "url-userinfo": "postgresql://bob:plantedUrlPassword@db/x",
}

PLANTS: Mapping[str, str] = {
    # Long, with all kinds of letters: as a generated one, and as no word of any library.
    **{
        name: f"Pl4nt{number:02}-{name.title().replace('-', '')}"
        for number, name in enumerate(NAMED)
    },
    **SHAPED,
}

# What looks like a secret and is none: it must be in the log as it was given.
ORDINARY: Mapping[str, object] = {
    "nextToken": "page-2-of-the-list",
    "startedAt": 1_688_991_121_000,
    "orderNumber": 4_000_123_456_789,
    "tokenType": "refresh",
    "passwordChangedAt": "2023-07-10T12:15:04Z",
    "hasPassword": True,
}


def traces(secret: str) -> Iterator[bytes]:
    """Yield how *secret* may stand in bytes: as it is, or as the part of it that opens something."""
    yield secret.encode()
    if secret in (SHAPED["pem"],):
        yield b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
    if secret == SHAPED["url-userinfo"]:
        yield b"plantedUrlPassword"
    if secret == SHAPED["bearer"]:
        yield b"plantedbearer0123456789"
