"""What the host app decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypeVar

Hook = TypeVar("Hook", bound=Callable[..., Any])


class Hooks:
    """What the host app decides, each by one decorated function."""

    def __init__(self) -> None:
        self.hooks: dict[str, Callable[..., Any]] = {}

    def authorizer(self, function: Hook) -> Hook:
        """``(permission, realm, organization_id) -> bool``: may the current user?

        ``organization_id`` is ``None`` for the whole realm. Without an authorizer nobody
        may see the pages; one that raises denies.
        """
        return self._keep("authorizer", function)

    def actor_loader(self, function: Hook) -> Hook:
        """``() -> Actor | None``: who makes the current request, instead of flask-login's user.

        Where somebody acts for somebody else, return both: ``(actor, stood_for)``. The
        second is kept as ``details.onBehalfOf``.
        """
        return self._keep("actor_loader", function)

    def realm_loader(self, function: Hook) -> Hook:
        """``() -> str | None``: the realm of the current request; ``None`` for the first one."""
        return self._keep("realm_loader", function)

    def organization_loader(self, function: Hook) -> Hook:
        """``() -> str | None``: the organization of the current request."""
        return self._keep("organization_loader", function)

    def token_loader(self, function: Hook) -> Hook:
        """``(secret) -> Token | None``: a bearer token that is not one of ours.

        For those of an OpenID provider there is :class:`flask_auditlog.oidc.OIDCTokens`.
        """
        return self._keep("token_loader", function)

    def before_record(self, function: Hook) -> Hook:
        """``(event) -> Event | None``: enrich each event before it is masked.

        Return the event to record, or ``None`` to leave it as it is; raise
        ``Veto`` to record nothing. What only the server may say, such as ``uid`` and
        ``source``, stays as it was.
        """
        return self._keep("before_record", function)

    def _keep(self, name: str, function: Hook) -> Hook:
        self.hooks[name] = function
        return function
