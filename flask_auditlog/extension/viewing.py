"""Links to one organization's events, for the customers of the host app."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from datetime import timedelta

from ..event import Actor
from ..web.viewer import making


class Viewing:
    """Links to one organization's events, for the customers of the host app."""

    def viewer_url(  # noqa: PLR0913 (each is named where it is called)
        self,
        organization_id: str,
        *,
        actor: Actor | str | int | None = None,
        expires: timedelta | float = making.HOUR,
        embed: Sequence[str] = (),
        allow: Collection[str] = (),
        organization_name: str | None = None,
        realm: str | None = None,
    ) -> str:
        """Make a link to the events of one organization, and return its address.

        Whoever has it sees them until it ends: ask for it where it is used, and give it to
        nobody but the one who is logged in. It is bound to its realm and organization for ever.

        :param actor: whom it is for, an ``Actor`` or a user id: who reads is recorded as them.
            Without it, the user of the current request.
        :param expires: how long it lives, a ``timedelta`` or seconds: at most 24 hours.
        :param embed: origins whose pages may show it in a frame, as
            ``["https://app.example.com"]``; ``"self"`` for pages of this app. Without any, none.
        :param allow: what may be changed with it: ``{"webhooks", "tokens"}``, or one of them,
            for those of the organization. Without it, nothing.
        :param organization_name: what the page calls the organization.
        :param realm: without it, that of the current request.
        :raises InvalidLink: when one of these cannot be.
        :raises ConfigError: outside a request, without ``SERVER_NAME``.
        :raises NotFound: when the realm is not registered.
        :raises StoreUnavailable: when it cannot be kept, or not be recorded.
        """
        new = making.wanted(
            organization_id,
            actor=actor,
            expires=expires,
            embed=embed,
            allow=allow,
            organization_name=organization_name,
            realm=realm,
        )
        making.check_address()

        return making.address_of(making.keep(new))
