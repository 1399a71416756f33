"""POST: events come in, all of a body or none."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from flask import Response

from ...errors import InvalidEvent
from ...state import current
from ...store import PUBLISH_EVENTS
from ..auth import api_caller
from ..auth import token_context
from ..decode import drafts
from . import posted


def ingest(realm: str) -> Response:
    """Store the events in the body; answer 202 with their uids once they are committed.

    ``publish-as`` adds to ``publish-events``, and does not stand in for it.
    """
    caller = api_caller(PUBLISH_EVENTS, realm)
    framing = posted.framing()
    key = posted.idempotency_key()
    state = current()
    limits = state.settings.limits
    body = posted.body(limits.batch_bytes)
    events, is_batch = drafts(body, framing, limits)
    known = None if key is None else (key, sha256(body).digest())
    # It may be megabytes: whoever reads the events of a batch lets go of it with the last.
    del body
    context = token_context(caller, "api")
    if is_batch:
        uids = state.recorder.ingest(events, context, key=known)
        return _accepted(f'{{"uids":{uids}}}')

    try:
        uids = state.recorder.ingest(events, context, key=known)
    except InvalidEvent as error:
        # There is no batch, so there is no place in it.
        raise type(error)(faults=[replace(each, index=None) for each in error.faults]) from error

    return _accepted(f'{{"uid":{uids[1:-1]}}}')


def _accepted(answer: str) -> Response:
    return Response(answer, 202, mimetype="application/json")
