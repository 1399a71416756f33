"""The key that tokens of ``bearer`` endpoints are signed with: one for each log.

While it is rotated there are two. The new one signs, and both are published.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import ConfigError
from ..store import Store
from .bearer import jwks
from .bearer import new_signing_key
from .safe import Safe
from .sealing import Sealer

_NAME = "webhook-signing-key"


class Published(NamedTuple):
    """A key that receivers verify with: its JWK, and in epoch milliseconds when it was made and
    when it ends. The current one has no end.
    """

    jwk: dict[str, str]
    created_time: int
    expires_time: int | None


def signing_key(store: Store, sealer: Sealer) -> str:
    """Return the log's RSA key as PEM. It is made at first need, by whichever process comes first.

    :raises ConfigError: when it was sealed with a key that is gone.
    :raises StoreUnavailable: when the log cannot be reached.
    """
    sealed = store.keyring.kept(_NAME, lambda: sealer.seal(new_signing_key()))
    try:
        return sealer.open(sealed)
    except ConfigError as error:
        raise ConfigError(
            "The key that webhook tokens are signed with cannot be opened. Put the old key back, "
            "as the last of AUDITLOG_KEYS, or make a new one: "
            "`flask auditlog webhook rotate-signing-key`."
        ) from error


def published(store: Store, sealer: Sealer) -> list[Published]:
    """Return the keys there are, the current first: none before the first is needed.

    What cannot be opened signs nothing, and is left out.
    """
    return list(_published(store, sealer))


def _published(store: Store, sealer: Sealer) -> Iterator[Published]:
    for each in store.keyring.live(_NAME):
        try:
            (jwk,) = jwks([sealer.open(each.ciphertext)])["keys"]
        except ConfigError:
            continue
        yield Published(jwk, each.created_time, each.expires_time)


def rotate(store: Store, safe: Safe, *, grace: int) -> None:
    """Sign with a new key from now on. The one before is published for *grace* milliseconds more.

    :raises ConfigError: when no other process could open what is kept.
    """
    store.keyring.rotate(_NAME, safe.seal(new_signing_key()), grace=grace)
