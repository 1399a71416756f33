"""Secrets at rest: encrypted with a key that the database does not have."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from collections.abc import Sequence

from cryptography.fernet import Fernet
from cryptography.fernet import InvalidToken
from cryptography.fernet import MultiFernet

from ..errors import ConfigError


class Sealer:
    """Seals secrets (Fernet: AES-128-CBC and HMAC-SHA256) and opens them.

    :param keys: 32 bytes each, the newest first: it seals, and all of them open. So a key
        can be replaced without a moment at which what is stored cannot be read.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])

    def seal(self, secret: str) -> bytes:
        """Return *secret* encrypted; no two results are alike."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Return the secret in *sealed*.

        :raises ConfigError: when no key opens it, or it was changed.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ConfigError(
                "A webhook's secret cannot be opened: its key is gone. Put the old one back, as "
                "the last of AUDITLOG_KEYS, or rotate the secret."
            ) from error

    def seal_pairs(self, pairs: Mapping[str, str]) -> bytes | None:
        """Return an endpoint's own headers, or parts of its TLS, encrypted; ``None`` for none."""
        return self.seal(json.dumps(dict(pairs))) if pairs else None

    def open_pairs(self, sealed: bytes | None) -> dict[str, str]:
        """Return what :meth:`seal_pairs` sealed. :raises ConfigError: as :meth:`open`."""
        opened: dict[str, str] = json.loads(self.open(sealed)) if sealed is not None else {}

        return opened
