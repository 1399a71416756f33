"""The search page: filters, results, and what to try when there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import redirect
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ...errors import QueryError
from ...errors import QueryTimeout
from ...export import FORMATS
from ...logs import logger
from ...state import current
from ...store.language.expression import DETAILS
from ...store.language.fields import FIELDS
from ...store.language.times import is_counted
from ...store.query import Query
from ...store.query import Scope
from ...store.search.settle import settled
from ..args import paging
from ..problems import status_of
from ..reads import record_read
from ..reads import record_tail
from ..words import _
from ..words import N_
from . import forms
from . import search_form
from . import zones
from .asked import Asked
from .asked import asked_of
from .asked import PATH
from .asked import VALUE
from .chips import chips_of
from .columns import choices
from .columns import columns_of
from .figures import figures_of
from .histories import histories
from .links import api_search_url
from .links import api_url
from .links import curl
from .links import event_url
from .links import export_url
from .links import exports_url
from .links import search_url
from .moments import now
from .notices import notices_for
from .rows import days_of
from .saved_views import bar_of
from .search_form import Fault
from .searched import query_of
from .suggestions import counted
from .suggestions import suggestions
from .tail_page import follow
from .unread import as_text
from .unread import rest_of
from .visitors import realms_for
from .visitors import scope_of

# What a search that was stopped is answered with, as in the API.
SLOW = status_of(QueryTimeout())
# The formats with a button of their own. All others, and columns, are on the page of exports.
QUICK = ("csv", "ndjson")
CHOSEN = ("csv", "ndjson", "json")


# What a query can say, for who wrote one that cannot be read.
EXAMPLES = (
    ("type:access.LOGIN_ERROR ip:198.51.100.0/24", N_("Failed logins from a network")),
    ("operation:DELETE -actor:sofia@ledgerly.example", N_("Deletions by anybody else")),
    ("type:invoice.* details.amount:>=1000", N_("Large invoices")),
    ('resource:users/7 after:-7d "mfa_required"', N_("What happened to one user in a week")),
)


def search() -> ResponseReturnValue:
    """Show the events that the filters find, newest first."""
    sent = list(request.args.items(multi=True))
    asked = asked_of(sent, form=search_form.SENT)
    scope = scope_of(asked)
    refused = zones.refused()
    if refused is None:
        asked = search_form.pinned(asked, zones.here())
    if sorted(asked.pairs()) != sorted(sent):
        # A form sends its empty fields too, and times as they are typed. The address that stays
        # is one to pass on.
        return redirect(search_url(asked))
    # What is open belongs to this address alone, and to none that it leads to.
    opened, asked = asked.open, replace(asked, open=None)
    try:
        if refused is not None:
            raise refused
        found = _found(asked, scope)
    except QueryError as error:
        found = _refused(asked, search_form.fault_of(error), scope)
        return _rendered(asked, scope, None, found), 400
    except QueryTimeout:
        logger.exception("Answered %s: a search took too long", SLOW)
        return _rendered(asked, scope, None, {"narrower": _narrower(asked)}), SLOW

    return _rendered(asked, scope, found.pop("query"), found | {"opened": opened})


def _found(asked: Asked, scope: Scope) -> dict[str, Any]:
    """Search, record that it was done, and give what the page shows of it."""
    state = current()
    query = query_of(asked)
    columns = columns_of(asked.columns, with_org=scope.organization_id is None)
    wanted = [(name, value) for name, value in asked.pairs() if name in {"limit", "cursor"}]
    limit, cursor = paging(MultiDict(wanted), state.settings.limits)
    # Before it is searched: what comes in meanwhile is seen twice rather than never.
    following = follow(asked, scope)
    page = state.store.find(query, scope, limit=limit, cursor=cursor)
    if following and cursor is None:
        record_tail(scope, query)
    else:
        record_read(scope, "search", query, len(page.records))
    found: dict[str, Any] = {
        "query": settled(query, now()),
        "columns": columns,
        "following": following,
        "days": days_of(page.records, now(), zones.here()),
        "shown": len(page.records),
        "next": page.next,
    }
    if page.records:
        found["sealed_fields"] = forms.hidden()
        found["figures"] = figures_of(query, scope, asked)
    else:
        found["newest"] = _newest(scope)
        found["suggestions"] = suggestions(asked, scope)

    return found


def _refused(asked: Asked, fault: Fault, scope: Scope) -> dict[str, Any]:
    """What is wrong, what was meant with the number it finds, and what can be read all the same.

    ``rest`` is what the results are of, if there are any.
    """
    mended = search_form.mended(asked, fault)

    return _of_rest(asked, fault, scope) | {
        "fault": fault,
        "mended": mended,
        "mended_found": counted(mended.to, scope) if mended else None,
        "fields": (*FIELDS, f"{DETAILS}<path>"),
        "examples": EXAMPLES,
    }


def _of_rest(asked: Asked, fault: Fault, scope: Scope) -> dict[str, Any]:
    """What is found by those filters that can be read, in the same scope; nothing without any."""
    rest = rest_of(asked, fault)
    while rest is not None:
        try:
            found = _found(rest, scope)
        except QueryError as error:
            rest = rest_of(rest, search_form.fault_of(error))
        except QueryTimeout:
            break
        else:
            del found["query"]
            return found | {"rest": rest, "rest_text": as_text(rest)}

    return {}


def _narrower(asked: Asked) -> list[tuple[str, Asked]]:
    """The same search in a shorter time than it has."""
    moment = now()

    def begins(asked: Asked) -> int:
        return settled(query_of(asked), moment).after or 0

    return [each for each in search_form.ranges(asked) if begins(each[1]) > begins(asked)]


def _newest(scope: Scope) -> int | None:
    page = current().store.find(Query(reads=True), scope, limit=1)
    return page.records[0].time if page.records else None


def _rendered(asked: Asked, scope: Scope, query: Query | None, found: dict[str, Any]) -> str:
    typed_zone = asked.zone or ""
    if zones.refused() is not None:
        # No link leads back to what is no zone.
        asked = replace(asked, zone=None)
    if (fault := found.get("fault")) is not None and fault.name == "tail":
        asked = replace(asked, tail=None)
    with_org = scope.organization_id is None
    shown = found.get("rest", asked)

    return render_template(
        "auditlog/search.html",
        # The form and the chips are of the whole address, the results of what can be read of it.
        whole=asked,
        asked=shown,
        choices=choices(with_org=with_org),
        histories=histories,
        reads=_reads(asked, query),
        range_words=_range_words(asked, query),
        with_org=with_org,
        formats=[FORMATS[name] for name in QUICK],
        chosen_formats=[FORMATS[name] for name in CHOSEN],
        typed_zone=typed_zone,
        views=bar_of(asked, scope),
        now=now(),
        search_url=search_url,
        export_url=export_url,
        exports_url=exports_url,
        event_url=event_url,
        api_events_url=api_url(current().settings, scope.realm),
        # Of the first page: no other has the place of this one in a scope of its own.
        link=search_url(shown.at(None), whole=True),
        curl=curl(api_search_url(shown, current().settings, scope.realm)),
        notices=notices_for(scope),
        **_of_form(asked, fault, with_org=with_org),
        **realms_for(scope),
        **found,
    )


def _of_form(asked: Asked, fault: Fault | None, *, with_org: bool) -> dict[str, Any]:
    """The form and the chips: what is set, and what can be."""
    hidden, typed = _inputs(asked, fault)

    return {
        "groups": search_form.columns(with_org=with_org),
        "chips": chips_of(asked, fault, zones.here()),
        "ranges": search_form.ranges(asked),
        "zones": zones.SUGGESTED,
        "hidden": hidden,
        "typed": typed,
        # What is counted from now stays so: the field of a date could not hold it.
        "is_counted": is_counted,
        "typed_time": lambda name: _typed_time(typed(name)),
    }


def _reads(asked: Asked, query: Query | None) -> str | None:
    """Whether reads and upkeep of the log are among what is shown; ``None`` when asked for by name."""
    if query is not None and query.names_own:
        return None
    return "shown" if "true" in asked.values("reads") else "hidden"


def _range_words(asked: Asked, query: Query | None) -> str:
    if query is None:
        return _("Range")
    return search_form.range_words(asked, query.after, query.before, now(), zones.here())


def _inputs(
    asked: Asked, fault: Fault | None
) -> tuple[list[tuple[str, str]], Callable[[str], str]]:
    """The inputs that are kept without being seen, and what stands in those that are."""
    details = [pair for pair in asked.filters if pair[0].startswith("details.")]
    values = dict(asked.filters)
    if fault is not None and fault.of(PATH) and details:
        # The one that could not be read is put back where it was typed.
        name, value = details.pop()
        values |= {PATH: name.removeprefix("details."), VALUE: value}
    kept = [("realm", asked.realm), ("limit", asked.limit), ("columns", asked.columns)]
    kept += [("tail", asked.tail)]
    kept += [(name, values.get(name)) for name in ("reads", "text")]
    hidden = [(name, value) for name, value in kept if value] + details

    return hidden, lambda name: values.get(name, "")


def _typed_time(value: str) -> str:
    return search_form.local(search_form.typed_time(value, zones.here()), zones.here())
