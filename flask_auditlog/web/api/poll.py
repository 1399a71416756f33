"""GET: what a webhook wants, for a receiver that nothing can be sent to and that asks."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from functools import partial

from flask import Response

from ...delivery.filters import is_read
from ...delivery.matching import Matcher
from ...errors import Conflict
from ...errors import QueryError
from ...errors import WebhookDisabled
from ...recorder.plain import clip
from ...state import current
from ...store import Query
from ...store import Scope
from ...store import Stretch
from ...store import VIEW_EVENTS
from ...store.webhooks import Endpoint
from ..args import checked
from ..args import paging
from ..args import Params
from ..auth import api_caller
from ..reads import record_poll
from .answers import json_answer
from .answers import params_of_address
from .following import follow
from .following import wait_of
from .webhooks import context_of
from .webhooks import find

PARAMETERS = ("iterator", "limit", "wait")
# So many records are looked at for what is wanted of them, in one piece.
READ = 500


def poll_webhook(realm: str, webhook_id: str) -> Response:
    """Answer what a webhook wants behind an iterator, and the iterator to go on from."""
    caller = api_caller(VIEW_EVENTS, realm)
    endpoint = find(caller, webhook_id)
    params = params_of_address()
    _check(params, PARAMETERS)
    limit, _ = paging(params, current().settings.limits)
    seconds = wait_of(params)
    # What it sees, whoever asks: so one caller goes on where another stopped.
    scope = Scope(realm=endpoint.realm, organization_id=endpoint.organization_id)
    position = _position(checked(params).get("iterator"), endpoint, scope)
    if not endpoint.enabled:
        raise WebhookDisabled
    if not is_read(endpoint.filter):
        raise Conflict("A newer version made this webhook's filter. It cannot be read here.")
    record_poll(caller.scope, endpoint.id, context_of(caller))
    read = partial(_read, matcher=Matcher([endpoint]), scope=scope, limit=limit)
    found = follow(read, position, scope, seconds=seconds)
    # As they are sent: the stored bytes, and nothing beside them.
    events = ",".join(record.body for record in found.records)
    following = json.dumps(current().store.feed.seal(found.position, scope))

    return json_answer(
        f'{{"events":[{events}],"iterator":{following},"more":{json.dumps(found.more)}}}'
    )


def _check(params: Params, known: Collection[str]) -> None:
    for name in params:
        if name not in known:
            message = f"`{clip(name)}` is not known here. Known: {', '.join(known)}."
            raise QueryError(message, field=clip(name))


def _position(iterator: str | None, endpoint: Endpoint, scope: Scope) -> int:
    """Where to go on; without an iterator, where the webhook was made."""
    if iterator is None:
        return endpoint.since_position
    try:
        return current().store.feed.unseal(iterator, scope)
    except QueryError as error:
        message = "This iterator is not one, or belongs to another reader. Use it as it was given."
        raise QueryError(message, field="iterator") from error


def _read(position: int, *, matcher: Matcher, scope: Scope, limit: int) -> Stretch:
    found = current().store.feed.read(position, Query(reads=True), scope, limit=READ)
    wanted = tuple(record for record in found.records if matcher.wanting(record))
    if len(wanted) <= limit:
        return replace(found, records=wanted)
    # The rest is read again, the next time.
    return Stretch(records=wanted[:limit], position=wanted[limit - 1].position, more=True)
