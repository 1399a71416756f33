"""What each view of the API takes and answers. A view that is not here fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....errors import AuditLogError
from ....errors import Busy
from ....errors import Conflict
from ....errors import Disabled
from ....errors import InvalidEvent
from ....errors import InvalidWebhook
from ....errors import KeyReused
from ....errors import NotFound
from ....errors import ProviderUnavailable
from ....errors import QueryError
from ....errors import QueryTimeout
from ....errors import RateLimited
from ....errors import ReservedType
from ....errors import SchemaMissing
from ....errors import ScopeError
from ....errors import StoreUnavailable
from ....errors import TooLarge
from ....errors import Unauthenticated
from ....errors import UnsupportedMedia
from ....errors import WebhookDisabled
from ....export import FORMATS
from ....settings import Limits
from ....store import MANAGE_EVENTS
from ....store import PUBLISH_EVENTS
from ....store import VIEW_EVENTS
from . import bodies
from . import params
from .shapes import each
from .shapes import Node
from .shapes import ref
from .shapes import WHOLE

# Of everything, and of everything that asks for a token.
ALWAYS = (RateLimited, Disabled, SchemaMissing, StoreUnavailable)
BY_TOKEN = (Unauthenticated, ScopeError, NotFound, ProviderUnavailable)
_BODY = (InvalidWebhook, TooLarge, UnsupportedMedia)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a view takes and answers.

    :param permission: what the token must have; ``None`` for what anybody may ask.
    :param answers: for each status the schema of its JSON, or ``None`` for no body.
    :param refuses: what it is refused with, beside what all are.
    :param files: what an answer may be that is no JSON, by its media type.
    """

    permission: str | None
    answers: Mapping[int, Node | None]
    params: tuple[Node, ...] = ()
    body: Node | None = None
    refuses: tuple[type[AuditLogError], ...] = ()
    files: Mapping[str, Node] | None = None


def operations(limits: Limits) -> dict[str, Operation]:
    """Return all operations, by the name of their view."""
    return {**_look(limits), **_in_and_out(), **_make(), **_sent(limits), **_again()}


def _filters() -> tuple[Node, ...]:
    return tuple(params.ref(each["name"]) for each in params.filters())


def _look(limits: Limits) -> dict[str, Operation]:
    filters = _filters()

    def asked(name: str, *more: Node) -> Operation:
        return Operation(
            permission=VIEW_EVENTS,
            answers={200: ref(name)},
            params=(*more, *filters),
            refuses=(QueryError, QueryTimeout),
        )

    return {
        "search": asked("Page", *params.paging(limits)),
        "count": asked("Count"),
        "facets": asked("Facets"),
        "histogram": asked("Histogram"),
        "feed": asked("Feed", *params.following(limits)),
        "view": asked("Record"),
        "related": asked("Related"),
    }


def _in_and_out() -> dict[str, Operation]:
    files: dict[str, Node] = {
        it.mimetype.partition(";")[0]: {"type": "string"} for it in FORMATS.values()
    }
    files[FORMATS["json"].mimetype] = each(ref("Record"))

    return {
        "export": Operation(
            permission=VIEW_EVENTS,
            answers={200: None},
            params=(params.format_of_export(), params.columns_of_export(), *_filters()),
            refuses=(QueryError, QueryTimeout, Busy),
            files=files,
        ),
        "export_manifest": Operation(
            permission=VIEW_EVENTS, answers={200: ref("Manifest")}, refuses=(QueryError,)
        ),
        "ingest": Operation(
            permission=PUBLISH_EVENTS,
            answers={202: ref("Accepted")},
            params=(params.idempotency_key(),),
            body=bodies.events(),
            refuses=(InvalidEvent, ReservedType, Conflict, TooLarge, UnsupportedMedia, KeyReused),
        ),
    }


def _make() -> dict[str, Operation]:
    def done(
        permission: str, answers: Mapping[int, Node | None], body: Node | None = None
    ) -> Operation:
        return Operation(
            permission=permission, answers=answers, body=body, refuses=_BODY if body else ()
        )

    listed = Operation(
        permission=VIEW_EVENTS,
        answers={200: each(ref("Webhook"))},
        params=tuple(params.page()),
        refuses=(QueryError,),
    )
    secret = ref("Secret")

    return {
        "list_webhooks": listed,
        "count_webhooks": done(VIEW_EVENTS, {200: WHOLE}),
        "view_webhook": done(VIEW_EVENTS, {200: ref("Webhook")}),
        "create_webhook": done(MANAGE_EVENTS, {201: None}, bodies.WEBHOOK_BODY),
        "update_webhook": done(MANAGE_EVENTS, {204: None}, bodies.WEBHOOK_BODY),
        "delete_webhook": done(MANAGE_EVENTS, {204: None}),
        "webhook_secret": done(MANAGE_EVENTS, {200: secret}),
        "rotate_webhook": done(MANAGE_EVENTS, {200: secret}, bodies.ROTATION),
        "retire_secrets": done(MANAGE_EVENTS, {204: None}),
        "enable_webhook": done(MANAGE_EVENTS, {204: None}, bodies.RESUMPTION),
        "disable_webhook": done(MANAGE_EVENTS, {204: None}),
        "signing_keys": Operation(permission=None, answers={200: ref("Keys")}, refuses=(NotFound,)),
        "openapi": Operation(permission=None, answers={200: {"type": "object"}}),
        "metrics": Operation(
            permission=VIEW_EVENTS, answers={200: None}, files={"text/plain": {"type": "string"}}
        ),
    }


def _sent(limits: Limits) -> dict[str, Operation]:
    def shown(node: Node, *more: Node) -> Operation:
        return Operation(
            permission=VIEW_EVENTS,
            answers={200: node},
            params=more,
            refuses=(QueryError,) if more or node == ref("Event") else (),
        )

    def sending(*more: Node) -> Operation:
        return Operation(
            permission=MANAGE_EVENTS,
            answers={202: ref("Made")},
            params=more,
            refuses=(WebhookDisabled, Conflict, QueryError) if more else (WebhookDisabled,),
        )

    return {
        "poll_webhook": Operation(
            permission=VIEW_EVENTS,
            answers={200: ref("Polled")},
            params=tuple(params.polling(limits)),
            refuses=(QueryError, QueryTimeout, WebhookDisabled, Conflict),
        ),
        "list_sends": shown(each(ref("Send")), *params.page(), params.state()),
        "view_send": shown(ref("Send")),
        "list_attempts": shown(each(ref("Attempt"))),
        "view_payload": shown(ref("Event")),
        "sends_of_event": shown(each(ref("Send")), *params.page()),
        "resend": sending(params.force()),
        "test_webhook": sending(),
    }


def _again() -> dict[str, Operation]:
    def asked(body: Node) -> Operation:
        return Operation(
            permission=MANAGE_EVENTS,
            answers={200: ref("Planned"), 202: ref("Replay")},
            body=body,
            refuses=(*_BODY, WebhookDisabled, Conflict),
        )

    return {
        "recover_webhook": asked(bodies.RECOVERY_BODY),
        "replay_webhook": asked(bodies.REPLAY_BODY),
        "list_replays": Operation(
            permission=VIEW_EVENTS,
            answers={200: each(ref("Replay"))},
            params=tuple(params.page()),
            refuses=(QueryError,),
        ),
        "view_replay": Operation(permission=VIEW_EVENTS, answers={200: ref("Replay")}),
        "cancel_replay": Operation(
            permission=MANAGE_EVENTS, answers={204: None}, refuses=(Conflict,)
        ),
        "webhook_stats": Operation(permission=VIEW_EVENTS, answers={200: ref("Statistics")}),
    }
