"""GET: what happened around an event, grouped by what it has in common with it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Response
from flask import url_for

from ...store import Neighbours
from ...store import Query
from ...store import Scope
from ...store import VIEW_EVENTS
from ..args import to_params
from ..auth import api_caller
from ..auth import token_context
from ..reads import record_read
from ..related import narrowed
from ..related import neighbours
from ..related import searches
from .answers import given
from .answers import json_answer
from .look import asked_beside
from .look import event_of

# Most events of a group.
MOST = 20


def related(realm: str, uid: str) -> Response:
    """Answer the events nearest to one, for each thing they have in common with it; with filters,
    those that match. The event itself need not.

    :raises NotFound: when there is none that the token may see.
    """
    caller = api_caller(VIEW_EVENTS, realm)
    asked = asked_beside()
    record = event_of(caller, uid)
    groups = {
        name: (query, found)
        for name, group in searches(record.event).items()
        if (query := narrowed(group, asked) if asked else group) is not None
        and (found := neighbours(record, query, caller.scope, MOST)) is not None
    }
    number = sum(len(found.newer) + len(found.older) for _, found in groups.values())
    reader = token_context(caller, "system")
    record_read(caller.scope, "related", asked, number, reader=reader, uid=record.event.uid)
    parts = (
        f"{json.dumps(name)}:{_group(caller.scope, query, found)}"
        for name, (query, found) in groups.items()
    )

    return json_answer(f"{{{','.join(parts)}}}")


def _group(scope: Scope, query: Query, found: Neighbours) -> str:
    params = to_params(query)
    search = f"{url_for('.search', realm=scope.realm)}?{urlencode(params)}"
    newer, older = (given(each, scope.shows_position) for each in (found.newer, found.older))
    told = json.dumps({"query": params, "search": search, "more": found.more})

    return f'{told[:-1]},"newer":{newer},"older":{older}}}'
