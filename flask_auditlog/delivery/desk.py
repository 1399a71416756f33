"""What people do to endpoints, whether by the API, the pages or a command.

Each act is in the log: who, what and which fields, without secrets. Nothing here returns a
secret but once, where it was made, or to who may ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import AuditLogError
from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import InvalidWebhook
from ..errors import NotFound
from ..errors import ScopeError
from ..errors import WebhookDisabled
from ..errors import WebhookPolled
from ..event import Draft
from ..event import WEBHOOK_TEST
from ..recorder import Context
from ..recorder.given import organization_of
from ..state import State
from ..store import Scope
from ..store.outbox.keys import GRACE
from ..store.webhooks import Delivery
from ..store.webhooks import Endpoint
from . import acts
from .given import Given
from .given import kind_of
from .given import plan
from .permitted import check_address
from .safe import Safe
from .signing import check_secret
from .signing import new_secret


class Desk:
    """Where one caller does something to the endpoints of a scope.

    :param scope: what the caller may see. What they make is of it, for ever.
    :param context: who they are, for the log.
    """

    def __init__(self, state: State, scope: Scope, context: Context) -> None:
        self._state = state
        self._scope = scope
        self._context = context
        self._safe = Safe(state)

    def create(self, given: Given) -> tuple[Endpoint, str | None]:
        """Make an endpoint; return it, and its secret if one had to be made for it.

        :raises InvalidWebhook: with everything that is wrong with it, or when there are too many.
        :raises ScopeError: when it is for another organization than the caller's.
        """
        organization = self._organization(given)
        wanted = plan(given, None)
        if url := wanted.fields.get("url"):
            check_address(self._state, url)
        made = new_secret() if wanted.lacks_secret else None
        secret = made or wanted.secret
        new = Endpoint(
            id="",
            realm=self._scope.realm,
            organization_id=organization,
            created_by=acts.who(self._context),
            **self._safe.fields(wanted),
        )
        endpoint = self._state.store.endpoints.create(
            new,
            sealed=self._safe.seal(secret) if secret else None,
            kind=kind_of(secret or ""),
            at_most=self._state.settings.webhooks.per_realm,
        )
        self._note("CREATE", endpoint.id, acts.told(None, endpoint, wanted))

        return endpoint, made

    def update(self, endpoint_id: str, given: Given) -> tuple[Endpoint, str | None]:
        """Change an endpoint; return it, and its secret if one had to be made for it.

        A secret replaces the one before at once: :meth:`rotate` lets both sign for a time.

        :raises NotFound: when there is none within the scope.
        :raises InvalidWebhook: with everything that is wrong with it.
        """
        before = self._safe.before(self._find(endpoint_id))
        if given.organization_id and given.organization_id != before.endpoint.organization_id:
            message = "The organization of a webhook never changes."
            raise InvalidWebhook(faults=[Fault("organizationId", message)])
        wanted = plan(given, before)
        url = wanted.fields.get("url", before.endpoint.url)
        # One that stays can be disabled, also where its address is not open any more.
        if url != before.endpoint.url:
            check_address(self._state, url)
        made = new_secret() if wanted.lacks_secret else None
        secret = made or wanted.secret
        if secret is not None and self._safe.holds(endpoint_id, secret):
            secret = None
        # Before the rest: what is to be signed always has something to sign with.
        if secret is not None:
            self._rotate(endpoint_id, secret, grace=0)
        endpoint = self._state.store.endpoints.update(
            endpoint_id, self._scope, self._safe.fields(wanted)
        )
        if not endpoint.enabled:
            self._state.store.sent.hold(endpoint_id, self._scope)
        self._note(
            "UPDATE",
            endpoint_id,
            acts.told(before, endpoint, wanted, has_new_secret=secret is not None),
        )

        return endpoint, made

    def delete(self, endpoint_id: str) -> None:
        """Remove an endpoint. What was on its way to it is cancelled.

        :raises NotFound: when there is none within the scope.
        """
        gone = self._state.store.endpoints.delete(endpoint_id, self._scope)
        self._note("DELETE", endpoint_id, {"changes": {"url": [gone.url, None]}})

    def rotate(self, endpoint_id: str, secret: str | None = None, *, grace: int = GRACE) -> str:
        """Give an endpoint a new secret, and return it.

        :param secret: one that was chosen; without it one is made.
        :param grace: so many milliseconds the one before signs too, a week at most.
        :raises NotFound: when there is none within the scope.
        :raises InvalidWebhook: when it cannot be a secret.
        """
        new = new_secret() if secret is None else _heard(check_secret, secret)
        self._rotate(endpoint_id, new, grace=grace)
        self._note("ACTION", endpoint_id, {"action": "rotate", "grace": grace})

        return new

    def reveal(self, endpoint_id: str) -> str:
        """Return the secret that an endpoint's deliveries are signed with; on record first.

        :raises NotFound: when there is no endpoint within the scope, or no secret.
        """
        self._find(endpoint_id)
        secret = self._safe.secret(endpoint_id)
        if secret is None:
            raise NotFound("This webhook has no secret.")
        self._note("ACTION", endpoint_id, {"action": "reveal"})

        return secret

    def retire(self, endpoint_id: str) -> int:
        """Let an endpoint's old secrets sign no more, at once; return how many they were.

        :raises NotFound: when there is none within the scope.
        """
        ended = self._state.store.endpoints.retire(endpoint_id, self._scope)
        self._note("ACTION", endpoint_id, {"action": "retire", "ended": ended})

        return ended

    def enable(self, endpoint_id: str, *, since: int | None = None) -> Endpoint:
        """Send to an endpoint again.

        :param since: of what was held for it meanwhile, let that go which was made then or
            later (epoch milliseconds; 0 for all). ``None`` lets nothing go.
        :raises NotFound: when there is none within the scope.
        """
        store, resumed = self._state.store, 0
        if since is None:
            store.endpoints.update(endpoint_id, self._scope, {"enabled": True})
        else:
            resumed = store.sent.resume(endpoint_id, self._scope, since=since)
        self._note("ACTION", endpoint_id, {"action": "enable", "resumed": resumed})

        return self._find(endpoint_id)

    def disable(self, endpoint_id: str) -> Endpoint:
        """Send nothing to an endpoint any more, but hold what it would have had.

        :raises NotFound: when there is none within the scope.
        """
        endpoint = self._state.store.endpoints.update(endpoint_id, self._scope, {"enabled": False})
        held = self._state.store.sent.hold(endpoint_id, self._scope)
        self._note("ACTION", endpoint_id, {"action": "disable", "held": held})

        return endpoint

    def test(self, endpoint_id: str) -> Delivery:
        """Send an endpoint a test: an event of its organization, on record, that goes to it alone.

        :raises NotFound: when there is none within the scope.
        :raises WebhookDisabled: when it is disabled.
        :raises WebhookPolled: when nothing is sent to it.
        """
        endpoint = self._find(endpoint_id)
        if endpoint.is_only_polled:
            raise WebhookPolled
        if not endpoint.enabled:
            raise WebhookDisabled
        draft = Draft(type=WEBHOOK_TEST, details={"webhook": endpoint_id})
        context = replace(
            acts.within(self._scope, self._context), organization_id=endpoint.organization_id
        )
        receipt = self._state.recorder.record(draft, context)
        record = self._state.store.get(receipt.uid or "", self._scope)
        if record is None:
            raise AuditLogError("The test was not recorded (before_record), so it is not sent.")
        made = self._state.store.sent.ping(
            endpoint_id, self._scope, position=record.position, type=WEBHOOK_TEST
        )
        self._note("ACTION", endpoint_id, {"action": "test", "delivery": made.id})

        return made

    def resend(self, delivery_id: str, *, force: bool = False) -> Delivery:
        """Send once more what a delivery sent; return the new one.

        :param force: also to an endpoint that is disabled: it is held until that is enabled.
        :raises NotFound: when there is none within the scope, or its event is gone.
        :raises WebhookDisabled: when its endpoint is disabled.
        """
        made = self._state.store.sent.resend(delivery_id, self._scope, force=force)
        details = {"action": "resend", "delivery": made.id, "resent": delivery_id}
        self._note("ACTION", made.endpoint_id, details)

        return made

    def header_names(self, endpoint: Endpoint) -> list[str]:
        """Return the names of the headers that are added to each delivery; none if their key is
        gone.
        """
        return sorted(self._safe.headers(endpoint))

    def _organization(self, given: Given) -> str | None:
        """Return whose the new endpoint is: the caller's, whatever they say."""
        mine = self._scope.organization_id
        wanted = _heard(organization_of, given.organization_id or None)
        if mine is not None and wanted not in (None, mine):
            raise ScopeError("You may not make a webhook for that organization (organizationId).")

        return mine or wanted

    def _find(self, endpoint_id: str) -> Endpoint:
        found = self._state.store.endpoints.get(endpoint_id, self._scope)
        if found is None:
            raise NotFound("There is no such webhook.")

        return found

    def _rotate(self, endpoint_id: str, secret: str, *, grace: int) -> None:
        self._state.store.endpoints.rotate(
            endpoint_id, self._scope, self._safe.seal(secret), kind=kind_of(secret), grace=grace
        )

    def _note(
        self, operation: acts.Operation, endpoint_id: str, details: Mapping[str, Any]
    ) -> None:
        acts.note(self._state, self._scope, self._context, operation, endpoint_id, details)


def _heard(check: Callable[[Any], Any], value: Any) -> Any:
    """Return what *check* makes of *value*. :raises InvalidWebhook: when it refuses it."""
    try:
        return check(value)
    except InvalidEvent as error:
        raise InvalidWebhook(faults=error.faults) from error
