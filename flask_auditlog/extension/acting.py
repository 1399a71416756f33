"""Who acts, where no request says it: in jobs, scripts, and for somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from ..event import Actor
from ..state import acting
from ..state import carried
from ..state import current
from ..state import request_context
from ..state import resumed


class Acting:
    """Who acts, where no request says it, and how that is taken along to a job."""

    def actor(
        self,
        *,
        user_id: str | None = None,
        username: str | None = None,
        organization_id: str | None = None,
        on_behalf_of: Actor | str | None = None,
        **more: Any,
    ) -> AbstractContextManager[Actor | None]:
        """Name who does what is recorded in the ``with`` block: in jobs and scripts.

        It wins over the request's user, address and session, and over its organization if
        it names one.

        :param on_behalf_of: whom they stand for: an ``Actor``, or a user id. Kept as
            ``details.onBehalfOf``. Alone, it leaves who acts as it is.
        :param more: ``client_id``, ``ip_address``, ``session_id``.
        """
        actor: Actor | None = Actor(user_id=user_id, username=username, **more)
        if on_behalf_of is not None and actor == Actor():
            actor = None
        if on_behalf_of is not None and not isinstance(on_behalf_of, Actor):
            on_behalf_of = Actor(user_id=on_behalf_of)

        return acting(actor, organization_id, on_behalf_of)

    def carried(self) -> dict[str, Any]:
        """Return who and where we are, as plain JSON that a job can take along.

        The actor, whom they stand for, the realm, the organization, the request's id and
        its trace.
        """
        return carried(current(), request_context())

    def resumed(
        self, carried: Mapping[str, Any] | None, *, program: str | None = None
    ) -> AbstractContextManager[None]:
        """Record, in the ``with`` block, as if we were where :meth:`carried` was called.

        What was named outside of the block does not hold inside. With ``None`` nobody
        asked for the work.

        :param program: the name of the job; kept as the event's ``userAgent``.
        """
        return resumed(carried, program=program)
