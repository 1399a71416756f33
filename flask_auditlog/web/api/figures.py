"""GET: what a search finds, in figures."""

from __future__ import annotations

import msgspec
from flask import Response

from ...state import current
from ...store import VIEW_EVENTS
from ...store.language.times import zone_of
from .. import figures
from ..args import query_from
from ..auth import api_caller
from ..auth import token_context
from ..reads import record_read
from .answers import json_answer
from .answers import params_of_address


def facets(realm: str) -> Response:
    """Answer the most frequent values of what was found."""
    caller = api_caller(VIEW_EVENTS, realm)
    query = query_from(params_of_address(), also=())
    found = figures.facets(query, caller.scope, seconds=_seconds())
    reader = token_context(caller, "system")
    record_read(caller.scope, "facets", query, found.records, reader=reader)
    told = {
        name: {
            "values": [{"value": each.value, "count": each.records} for each in facet.values],
            "distinct": facet.distinct,
            "complete": facet.complete,
        }
        for name, facet in found.fields.items()
    }

    return _answer({"facets": told, "records": found.records, "complete": found.complete})


def histogram(realm: str) -> Response:
    """Answer how many were found when."""
    caller = api_caller(VIEW_EVENTS, realm)
    query = query_from(params_of_address(), also=())
    zone = zone_of(query.zone)
    found = figures.histogram(query, caller.scope, zone, seconds=_seconds())
    number = sum(bar.records or 0 for bar in found.bars)
    reader = token_context(caller, "system")
    record_read(caller.scope, "histogram", query, number, reader=reader)
    bars = [
        {"start": bar.start, "end": bar.end, "count": bar.records, "errors": bar.errors}
        for bar in found.bars
    ]

    return _answer({"width": found.width, "bars": bars, "complete": found.complete})


def _seconds() -> float:
    """Whoever asks for nothing else may wait as long as for a search."""
    return current().settings.limits.query_seconds


def _answer(told: object) -> Response:
    return json_answer(msgspec.json.encode(told).decode())
