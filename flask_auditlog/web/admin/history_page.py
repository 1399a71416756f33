"""The history of one actor, or of one resource: since when, how much, from where, and the latest."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ...errors import NotFound
from ...errors import QueryError
from ...event import Record
from ...state import current
from ...store.query import Query
from ...store.query import Scope
from ..args import query_from
from ..figures import histogram
from ..reads import record_read
from ..words import _
from ..words import N_
from . import zones
from .asked import Asked
from .asked import asked_of
from .changes import Change
from .changes import changes_of
from .changes import number_of
from .columns import Column
from .columns import columns_of
from .facet_column import Facet
from .figures import Figures
from .figures import figures_of
from .figures import in_time
from .figures import PATIENCE
from .heat_chart import bars_of
from .heat_chart import Heat
from .heat_chart import heat_of
from .heat_chart import week
from .histories import histories
from .links import event_url
from .links import exports_url
from .links import search_url
from .moments import now
from .notices import notices_for
from .rows import days_of
from .sentence import resource_name
from .sentence import who
from .visitors import realms_for
from .visitors import scope_of
from .whereabouts import Whereabouts
from .whereabouts import whereabouts_of

# So many events are shown, and so many of its beginning are looked at for the first.
LATEST, FIRST = 20, 200
# So many changed fields of each are shown below it, and so many of their words are compared.
CHANGES, WORDS = 10, 150


@dataclass(frozen=True, slots=True)
class Kind:
    """What a history can be of: the filters that name it, and the facets that tell of it.

    ``wanted`` and ``missing`` are what is said where it is not named, and not there.
    """

    name: str
    wanted: str
    missing: str
    filters: tuple[str, ...]
    facets: tuple[str, ...]


ACTOR = Kind(
    N_("Actor"),
    N_("Name one actor by one of these: %(names)s."),
    N_("There is no event of this actor."),
    ("user", "username", "actor", "client"),
    ("ip", "type", "resource_type", "client", "error"),
)
RESOURCE = Kind(
    N_("Resource"),
    N_("Name one resource by one of these: %(names)s."),
    N_("There is no event of this resource."),
    ("resource",),
    ("actor", "type", "ip", "error"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """When it was seen, in epoch milliseconds. Of ``first`` at least that it was not later."""

    first: int | None
    is_exact: bool
    last: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What an event changed: the first fields, and how many more there are."""

    changes: list[Change]
    more: int


def actor() -> ResponseReturnValue:
    """Show what somebody did. :raises NotFound: when that is nothing that may be seen."""
    return _history(ACTOR)


def resource() -> ResponseReturnValue:
    """Show what was done to something. :raises NotFound: as :func:`actor`."""
    return _history(RESOURCE)


def _history(kind: Kind) -> ResponseReturnValue:
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    _check(kind, asked)
    query = query_from(MultiDict(asked.filters))
    page = current().store.find(query, scope, limit=LATEST)
    record_read(scope, "search", query, len(page.records))
    if not page.records:
        raise NotFound(_(kind.missing))
    here = Asked(asked.filters, realm=asked.realm, zone=asked.zone)
    figures = figures_of(query, scope, here)
    whereabouts = whereabouts_of(query, scope, here, now()) if kind is ACTOR else None

    return render_template(
        "auditlog/history.html",
        kind=kind,
        title=_title(kind, asked.filters[0][1], page.records),
        value_asked=asked.filters[0][1],
        latest=page.records[0].event,
        days=days_of(page.records, now(), zones.here()),
        opened=asked.open,
        diffs=_diffs(kind, page.records),
        columns=_columns(kind, with_org=scope.organization_id is None),
        has_more=page.next is not None,
        figures=figures,
        facets=_facets(kind, figures, whereabouts),
        whereabouts=whereabouts,
        heat=_heat(query, scope, here) if kind is ACTOR else None,
        distinct={each.name: each.distinct for each in figures.facets},
        seen=_seen(query, scope, page.records[0], figures),
        asked=here,
        now=now(),
        search_url=search_url,
        exports_url=exports_url,
        event_url=event_url,
        histories=histories,
        notices=notices_for(scope),
        **realms_for(scope),
    )


def _heat(query: Query, scope: Scope, asked: Asked) -> Heat | None:
    """The last seven days by hour; ``None`` where nothing is in them, or counting takes too long."""
    zone = zones.here()
    after, before = week(now(), zone)
    within, bars = replace(query, after=after, before=before), bars_of(after, before)
    found = in_time(lambda: histogram(within, scope, zone, seconds=PATIENCE, bars=bars))

    return heat_of(found, asked, zone) if found else None


def _check(kind: Kind, asked: Asked) -> None:
    if len(asked.filters) != 1 or asked.filters[0][0] not in kind.filters:
        names = ", ".join(kind.filters)
        raise QueryError(_(kind.wanted, names=names))


def _columns(kind: Kind, *, with_org: bool) -> list[Column]:
    """The usual ones, without what is the same in all rows."""
    same = {"actor", "org"} if kind is ACTOR else {"org"}
    return [each for each in columns_of(None, with_org=with_org) if each.name not in same]


def _facets(kind: Kind, figures: Figures, whereabouts: Whereabouts | None) -> list[Facet]:
    """Without the addresses, where these stand with their times and numbers."""
    told = [name for name in kind.facets if whereabouts is None or name != "ip"]
    return [each for each in figures.facets if each.name in told]


def _diffs(kind: Kind, records: tuple[Record, ...]) -> dict[str, Diff]:
    """What each of them changed, by its uid. Of an actor no values of what was new or is gone: they
    are many, of many things.
    """
    diffs = {
        it.uid: Diff(
            changes=changes_of(it.details, most=CHANGES, words=WORDS),
            more=max(0, number_of(it.details) - CHANGES),
        )
        for it in (record.event for record in records)
        if kind is RESOURCE or it.operation_type == "UPDATE"
    }
    return {uid: diff for uid, diff in diffs.items() if diff.changes}


def _title(kind: Kind, asked: str, records: tuple[Record, ...]) -> str:
    """The name that it has in its events, the latest first; else what was asked for."""
    events = [each.event for each in records]
    if kind is ACTOR:
        names = (who(each) for each in events)
    else:
        # What is below a path has names of its own.
        names = (resource_name(each) for each in events if each.resource_path == asked)

    return next((name for name in names if name), asked)


def _seen(query: Query, scope: Scope, newest: Record, figures: Figures) -> Seen:
    """When it was first seen, as far as the histogram reaches back."""
    last = newest.time
    if figures.first is None:
        return Seen(None, is_exact=False, last=last)
    start, end = figures.first
    oldest = replace(query, after=start, before=end)
    page = current().store.find(oldest, scope, limit=FIRST)
    if page.records and page.next is None:
        return Seen(page.records[-1].time, is_exact=True, last=last)

    return Seen(start, is_exact=False, last=last)
