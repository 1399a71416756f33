"""The list of webhooks, and how each does at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ....delivery.settling import read_health
from ....state import current
from ....store import Scope
from ....store.webhooks import Endpoint
from ....store.webhooks import Statistics
from .. import zones
from ..moments import now
from .links import DONE
from .links import name_of
from .operator import operators
from .paging import AT_ONCE
from .paging import first_of
from .paging import Page
from .paging import page_of
from .standing import Standing
from .standing import standing_of
from .visitor import looking


@dataclass(frozen=True, slots=True)
class Line:
    """One webhook. Times are epoch milliseconds."""

    endpoint: Endpoint
    name: str
    standing: Standing
    statistics: Statistics
    last_success: int | None
    failing_since: int | None


def webhooks() -> ResponseReturnValue:
    """Show the webhooks, newest first."""
    visitor = looking()
    store, first = current().store, first_of(request.args.get("first"))
    found = page_of(store.endpoints.all(visitor.scope, first=first, limit=AT_ONCE + 1), first)

    return render_template(
        "auditlog/webhooks.html",
        page=Page(lines_of(found.items, visitor.scope), found.first, found.newer, found.older),
        count=store.endpoints.count(visitor.scope),
        done=DONE.get(request.args.get("done", "")),
        may_make=visitor.acting is not None,
        with_org=visitor.scope.organization_id is None,
        **operators(visitor),
        **visitor.frame(),
    )


def lines_of(endpoints: Sequence[Endpoint], scope: Scope) -> list[Line]:
    """Return how each of these does."""
    store, at = current().store, now()
    kept = store.healths.of([each.id for each in endpoints])
    lines = []
    for each in endpoints:
        health = read_health(kept.get(each.id))
        lines.append(
            Line(
                endpoint=each,
                name=name_of(each),
                standing=standing_of(each, health, at, zones.here()),
                statistics=store.measures.of_endpoint(each.id, scope),
                last_success=health.last_success,
                failing_since=health.first_failure,
            )
        )

    return lines
