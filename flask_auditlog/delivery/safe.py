"""What endpoints keep secret: sealed with the app's keys when it is written, opened when asked for."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from ..state import State
from ..store.webhooks import Endpoint
from .given import Before
from .given import Plan
from .sealing import Sealer


class Safe:
    """The secrets and headers of one app's endpoints."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sealer = Sealer(state.keys("webhooks"))

    def before(self, endpoint: Endpoint) -> Before:
        """Return what there is of an endpoint before it is changed."""
        secrets = self._state.store.endpoints.secrets(endpoint.id)

        return Before(
            endpoint=endpoint,
            headers=self.headers(endpoint),
            kinds=frozenset(each.kind for each in secrets),
        )

    def headers(self, endpoint: Endpoint) -> dict[str, str]:
        """Return the headers that an endpoint's owner adds to each delivery.

        None if their key is gone: then they can be given anew.
        """
        try:
            return self._sealer.open_pairs(endpoint.headers)
        except ConfigError:
            return {}

    def secret(self, endpoint_id: str) -> str | None:
        """Return the secret that signs now. :raises ConfigError: when its key is gone."""
        secrets = self._state.store.endpoints.secrets(endpoint_id)

        return self._sealer.open(secrets[0].ciphertext) if secrets else None

    def holds(self, endpoint_id: str, secret: str) -> bool:
        """Whether it is *secret* that signs now."""
        try:
            return secret == self.secret(endpoint_id)
        except ConfigError:
            return False

    def seal(self, secret: str) -> bytes:
        """Return *secret* sealed.

        :raises ConfigError: when no other process could open it.
        """
        self._check_keys()

        return self._sealer.seal(secret)

    def fields(self, wanted: Plan) -> dict[str, Any]:
        """Return the fields to write, with what is secret of them sealed.

        :raises ConfigError: as :meth:`seal`.
        """
        fields = dict(wanted.fields)
        secret = {"headers": wanted.headers} if wanted.headers is not None else {}
        if "tls" in fields:
            secret["tls"] = fields["tls"] or {}
        if secret:
            self._check_keys()

        return fields | {name: self._sealer.seal_pairs(each) for name, each in secret.items()}

    def _check_keys(self) -> None:
        state = self._state
        if state.store.is_lasting and not (state.settings.keys or state.app.secret_key):
            raise ConfigError(
                "Set SECRET_KEY or AUDITLOG_KEYS: without them the secrets of webhooks cannot be "
                "kept."
            )
