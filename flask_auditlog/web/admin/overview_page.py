"""The overview: what happens in a realm, who fails to log in, what is new, how deliveries do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ...state import current
from ...store.query import Query
from ...store.query import Scope
from ..reads import record_read
from .activity_chart import activity_of
from .asked import Asked
from .asked import asked_of
from .figures import figures_of
from .links import search_url
from .moments import iso
from .moments import now
from .notices import notices_for
from .overview.busiest import busiest
from .overview.deliveries import deliveries
from .overview.failed_logins import FAILED
from .overview.failed_logins import failed_logins
from .overview.new_types import new_types
from .overview.patience import Patience
from .overview.trends import is_older
from .overview.trends import people_words
from .overview.trends import Range
from .overview.trends import RANGES
from .overview.trends import trends_of
from .visitors import realms_for
from .visitors import scope_of
from .webhooks.timing import took

if TYPE_CHECKING:
    from ...store import SqlStore

# What its parts may take together, beside the chart and the facets.
SECONDS = 3.0


def overview() -> ResponseReturnValue:
    """Show what happened in the last hour, day, week or month."""
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    name = dict(asked.filters).get("range", "day")
    span = Range(name if name in RANGES else "day", now())
    here = Asked((("after", iso(span.after)),), realm=asked.realm, zone=asked.zone)
    query = Query(after=span.after)
    found = figures_of(query, scope, here, by_family=True)
    facets = {each.name: each for each in found.facets}
    record_read(scope, "facets", query, found.count.value if found.count else None)
    patience = Patience(SECONDS)

    return render_template(
        "auditlog/overview.html",
        current_page="overview",
        span=span,
        ranges=list(RANGES),
        figures=found,
        activity=activity_of(found.chart, found.bars, here) if found.chart else None,
        facets=facets,
        failed=failed_logins(span.after, scope, here, patience),
        **_trends(query, scope, span, patience),
        new_types=new_types(scope, span, patience),
        busiest=busiest(facets.get("actor"), scope, span, asked.realm, patience),
        with_org=scope.organization_id is None,
        took=took,
        asked=here,
        now=span.now,
        search_url=search_url,
        notices=notices_for(scope),
        **_standing(scope),
        **realms_for(scope),
    )


def _trends(query: Query, scope: Scope, span: Range, patience: Patience) -> dict[str, Any]:
    """The figures at the head of the page, with those of the time before."""
    compared = is_older(scope, span, patience)
    failed = replace(query, type=FAILED)

    return {
        "trends": trends_of(query, scope, span, patience, compared=compared),
        "failed_trends": trends_of(failed, scope, span, patience, compared=compared),
        "people_words": people_words(scope, span, patience) if compared else "",
    }


def _standing(scope: Scope) -> dict[str, Any]:
    """How deliveries and the log itself do. The log's figures are for who sees all of it."""
    store = current().store
    # Without what people read in it: this page would be the newest each time.
    page = store.find(Query(), scope, limit=1)

    return {
        "deliveries": deliveries(scope),
        "newest": page.records[0].time if page.records else None,
        "is_recording": current().settings.enabled,
        "head": store.head() if scope.shows_position else None,
        "queue": store.measures.of_all() if _is_alone(store, scope) else None,
    }


def _is_alone(store: SqlStore, scope: Scope) -> bool:
    """Whether the queue of all realms is the queue of this one."""
    return scope.shows_position and list(store.realms.all()) == [scope.realm]
