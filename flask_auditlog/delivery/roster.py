"""The endpoints that something is sent to, with their secrets opened: kept until they change."""

from __future__ import annotations

import functools
from collections.abc import Collection
from collections.abc import Mapping

import msgspec

from ..errors import AuditLogError
from ..store import Store
from ..store.webhooks import Endpoint
from .dial import Context
from .sealing import Sealer
from .signing_key import signing_key
from .target import Target
from .target import target_of
from .tls import context_of

# Most endpoints that are kept.
KEPT = 10_000


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, and what is needed to send to it.

    ``secrets`` are those that sign, each with when it ends to (epoch ms), the current first.
    ``context`` is what TLS is made with, if that is its own. ``fault`` says why nothing can be sent.
    """

    endpoint: Endpoint
    target: Target | None = None
    secrets: tuple[tuple[str, int | None], ...] = ()
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    signing_key: str | None = None
    context: Context | None = None
    fault: str | None = None

    def keys(self, now: int) -> list[str]:
        """Return the secrets that sign at *now*, epoch milliseconds."""
        return [secret for secret, end in self.secrets if end is None or end > now]


class Roster:
    """Who is sent to. For one thread at a time."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer
        self._known: dict[str, Addressee] = {}

    def of(
        self, endpoint_ids: Collection[str], read: Mapping[str, Endpoint]
    ) -> dict[str, Addressee]:
        """Return those of these ids that are there, as they are now.

        :param read: endpoints that were read just now. Others are read here.

        :raises StoreUnavailable: when the log cannot be reached.
        """
        found = {each: read[each] for each in endpoint_ids if each in read}
        if missing := [each for each in endpoint_ids if each not in read]:
            found |= self._store.endpoints.named(missing)
        if len(self._known) > KEPT:
            self._known.clear()
        for endpoint_id, endpoint in found.items():
            known = self._known.get(endpoint_id)
            # What could not be opened is tried again: somebody may have put the key back.
            if known is None or known.fault or known.endpoint != endpoint:
                self._known[endpoint_id] = self._opened(endpoint)

        return {each: self._known[each] for each in found}

    def _opened(self, endpoint: Endpoint) -> Addressee:
        sealed = self._store.endpoints.secrets(endpoint.id)
        try:
            target = target_of(endpoint.url)
            secrets = tuple((self._sealer.open(s.ciphertext), s.expires_time) for s in sealed)
            headers = self._sealer.open_pairs(endpoint.headers)
            tls = self._sealer.open_pairs(endpoint.tls)
            key = None
            if endpoint.auth_type == "bearer":
                key = signing_key(self._store, self._sealer)
        except AuditLogError as error:
            return Addressee(endpoint=endpoint, fault=str(error))

        return Addressee(
            endpoint=endpoint,
            target=target,
            secrets=secrets,
            headers=headers,
            signing_key=key,
            context=functools.cache(functools.partial(context_of, tls)) if tls else None,
        )
