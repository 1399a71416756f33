"""Who did most: how much of it failed, its course, and when and for whom it was last."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from ....state import current
from ....store import Spans
from ....store.query import Query
from ....store.query import Scope
from ..facet_column import Facet
from ..facet_column import Value
from .patience import Patience
from .trends import Range
from .trends import trends_of

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, and the address of their page, if a filter can say who they are.

    ``None`` for what was not known in time; ``errors`` and ``points`` are of all their events, or of
    none. ``organization`` and ``last`` are those of the newest.
    """

    text: str
    to: str | None
    number: int
    errors: int | None
    points: str
    organization: str | None
    last: int | None


def busiest(
    facet: Facet | None, scope: Scope, span: Range, realm: str | None, patience: Patience
) -> list[Actor]:
    """Return the first actors of *facet*, which is of all events of the range."""
    some = (*facet.values, *facet.rest)[:SHOWN] if facet else ()

    return [_actor(each, scope, span, realm, patience) for each in some]


def _actor(each: Value, scope: Scope, span: Range, realm: str | None, patience: Patience) -> Actor:
    """Two questions, which an index answers that has the events of each actor in their order."""
    if each.to is None:
        return Actor(each.text, None, each.number, None, "", None, None)
    query = Query(actor=each.text, after=span.after)
    trends = trends_of(query, scope, span, patience, compared=False)
    newest = patience.ask(lambda seconds: _newest(query, scope, seconds))
    organizations = newest.fields["org"].values if newest and "org" in newest.fields else ()

    return Actor(
        text=each.text,
        to=url_for(".actor", realm=realm, actor=each.text),
        number=trends[0].number if trends else each.number,
        errors=trends[1].number if trends else None,
        points=trends[0].points if trends else "",
        organization=organizations[0].value if organizations else None,
        last=newest.since if newest else None,
    )


def _newest(query: Query, scope: Scope, seconds: float) -> Spans:
    return current().store.figures.spans(
        query, scope, records=1, top=1, seconds=seconds, names=("actor", "org")
    )
