"""The operator's own endpoint, from the configuration: every event of every realm."""

from __future__ import annotations

from ..errors import StoreError
from ..logs import logger
from ..state import State
from ..store import Scope
from ..store.webhooks import Endpoint
from ..store.webhooks import EVERY_REALM
from .given import kind_of
from .permitted import check_address
from .safe import Safe
from .signing import check_secret

ID = "catch-all"
# No caller has this one: the API and the pages are of a realm. See `operating`.
SCOPE = Scope(realm=EVERY_REALM, organization_id=None)


def keep(state: State) -> None:
    """Make the endpoint what the configuration says: there, changed, or gone.

    :raises InvalidWebhook: when nothing can be sent to its URL, or its secret is none.
    :raises StoreError: when the log cannot be reached.
    """
    endpoints, url = state.store.endpoints, state.settings.webhooks.catch_all_url
    known = endpoints.named([ID]).get(ID)
    if url is None:
        if known is not None:
            endpoints.delete(ID, SCOPE)
        return
    secret = state.settings.webhooks.catch_all_secret
    if secret is not None:
        check_secret(secret)
    if known is None:
        check_address(state, url)
        _create(state, url, secret)
        return
    # Before the rest: what is to be signed always has something to sign with.
    if secret is not None and not (safe := Safe(state)).holds(ID, secret):
        endpoints.rotate(ID, SCOPE, safe.seal(secret), kind=kind_of(secret), grace=0)
    auth_type = "none" if secret is None else "hmac"
    if (known.url, known.auth_type) != (url, auth_type):
        check_address(state, url)
        endpoints.update(ID, SCOPE, {"url": url, "auth_type": auth_type})


def _create(state: State, url: str, secret: str | None) -> None:
    new = Endpoint(
        id=ID,
        realm=EVERY_REALM,
        url=url,
        enabled=True,
        event_types=("*",),
        auth_type="none" if secret is None else "hmac",
    )
    sealed = Safe(state).seal(secret) if secret is not None else None
    try:
        state.store.endpoints.create(new, sealed=sealed, kind=kind_of(secret or ""), at_most=1)
    except StoreError:
        # Another process may have been first, by a moment.
        if ID not in state.store.endpoints.named([ID]):
            raise
        logger.debug("the operator's webhook is there already")
