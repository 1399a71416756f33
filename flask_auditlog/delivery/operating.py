"""What the operator does to what is of the whole log, and of no realm: the endpoint from the
configuration, and the key that tokens are signed with. Who may, is asked before.
"""

from __future__ import annotations

from ..recorder import Context
from ..state import State
from ..store import Scope
from ..store.outbox.keys import GRACE
from ..store.webhooks import Endpoint
from . import acts
from . import signing_key
from .catch_all import ID
from .catch_all import SCOPE
from .desk import Desk
from .safe import Safe
from .sealing import Sealer

# In the place of an endpoint's id, in what is on record.
KEY = "signing-key"


class Operator:
    """Where the operator acts.

    :param context: who they are, for the log. What they do is on record in its realm.
    """

    def __init__(self, state: State, context: Context) -> None:
        self._state = state
        self._context = context
        self._desk = Desk(state, SCOPE, context)

    def catch_all(self) -> Endpoint | None:
        """Return the endpoint from the configuration, if it is there."""
        return self._state.store.endpoints.get(ID, SCOPE)

    def enable(self, *, since: int | None = None) -> Endpoint:
        """Send to it again. See :meth:`.desk.Desk.enable`."""
        return self._desk.enable(ID, since=since)

    def disable(self) -> Endpoint:
        """Send nothing to it any more. See :meth:`.desk.Desk.disable`."""
        return self._desk.disable(ID)

    def signing_keys(self) -> list[signing_key.Published]:
        """Return the keys that tokens are verified with, the current first."""
        return signing_key.published(self._state.store, Sealer(self._state.keys("webhooks")))

    def rotate_key(self, *, grace: int = GRACE) -> str:
        """Sign tokens with a new key from now on, and return its name (``kid``).

        :param grace: how long the one before is published too, in milliseconds, a week at most.
        :raises ConfigError: when no other process could open what is kept.
        """
        signing_key.rotate(self._state.store, Safe(self._state), grace=grace)
        kid = self.signing_keys()[0].jwk["kid"]
        scope = Scope(realm=self._context.realm, organization_id=None)
        details = {"action": "rotate-signing-key", "kid": kid, "grace": grace // 1000}
        acts.note(self._state, scope, self._context, "ACTION", KEY, details)

        return kid
