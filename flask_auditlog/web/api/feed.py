"""GET: the log in order of position, for whoever comes back for what is new."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from flask import Response

from ...state import current
from ...store import Query
from ...store import Stretch
from ...store import VIEW_EVENTS
from ..args import paging
from ..args import query_from
from ..auth import api_caller
from ..auth import Caller
from ..auth import token_context
from ..reads import is_feeding
from ..reads import record_feed
from .answers import given
from .answers import json_answer
from .answers import params_of_address
from .following import follow
from .following import wait_of

# In the place of a cursor: the feed begins with what happens from now on.
NOW = "now"


def feed(realm: str) -> Response:
    """Answer what is behind a cursor, and the cursor to go on from."""
    caller = api_caller(VIEW_EVENTS, realm)
    params = params_of_address()
    query = query_from(params, also=("limit", "cursor", "wait"))
    limit, cursor = paging(params, current().settings.limits)
    seconds = wait_of(params)
    # Before anything is recorded, so that `now` is the moment of the question.
    position = _position(cursor, caller)
    record_feed(caller.scope, query, token_context(caller, "system"))
    read = partial(_read, caller=caller, query=query, limit=limit)
    found = follow(read, position, caller.scope, seconds=seconds)
    events = given(found.records, caller.scope.shows_position)
    following = json.dumps(current().store.feed.seal(found.position, caller.scope))

    return json_answer(
        f'{{"events":{events},"cursor":{following},"more":{json.dumps(found.more)}}}'
    )


def _position(cursor: str | None, caller: Caller) -> int:
    store = current().store
    if cursor is None:
        return 0
    return (
        store.feed.end(caller.scope) if cursor == NOW else store.feed.unseal(cursor, caller.scope)
    )


def _read(position: int, *, caller: Caller, query: Query, limit: int) -> Stretch:
    found = current().store.feed.read(position, query, caller.scope, limit=limit)
    token_id = caller.token.id
    kept = tuple(record for record in found.records if not is_feeding(record, token_id))

    return replace(found, records=kept)
