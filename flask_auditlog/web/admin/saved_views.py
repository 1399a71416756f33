"""Searches that are kept under a name: the tabs above the query, and the forms that add and delete.

A view is the state of the address, and shows nobody more than they may see: its search is made
within the scope of whoever opens it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from urllib.parse import parse_qsl
from urllib.parse import urlencode

from flask import redirect
from flask import request
from flask.typing import ResponseReturnValue

from ...errors import InvalidEvent
from ...state import current
from ...state import request_context
from ...store import Scope
from ...store.promises.saving import SavedView
from ..registered import record_view
from ..words import _
from ..words import N_
from . import forms
from .asked import Asked
from .asked import asked_of
from .asked import Pairs
from .columns import columns_of
from .links import search_url
from .moments import now
from .searched import query_of
from .visitors import managed_by_visitor
from .visitors import scope_of

NAME_CHARS, SEARCH_CHARS = 60, 8_000
# Most of one person, and most that are shown.
MOST, SHOWN = 50, 100
# What every log has use for.
USUAL: Mapping[str, Pairs] = {
    N_("All events"): (),
    N_("Failed logins"): (("q", "type:access.LOGIN_ERROR"),),
    N_("Deletions"): (("q", "operation:DELETE"),),
}
# What of the address belongs to the moment, and not to the search.
_PASSING = frozenset({"realm", "cursor", "limit", "format", "tail", "since"})


@dataclass(frozen=True, slots=True)
class Tab:
    """A view: its name and its page. ``id`` is ``None`` for what every log has."""

    name: str
    to: Asked
    is_shown: bool
    is_shared: bool = False
    id: str | None = None
    may_delete: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """The tabs; the search to save, if it is none of them; and what the forms hide.

    Without somebody who is known there is nobody to save it for.
    """

    tabs: tuple[Tab, ...]
    search: str | None
    deletable: Tab | None
    hidden: Mapping[str, str]


def bar_of(asked: Asked, scope: Scope) -> Bar:
    """The views of who looks at this page."""
    here, owner = _lasting(asked), _owner()
    tabs = [_tab(_(name), pairs, asked) for name, pairs in USUAL.items()]
    views = current().store.saved_views.seen(scope, owner, at_most=SHOWN)
    # Only then: the host may look it up each time.
    manages = any(view.owner != owner for view in views) and _manages(scope)
    for view in views:
        may_delete = view.owner == owner or (view.is_shared and manages)
        tab = _tab(view.name, _pairs(view.search), asked)
        tabs.append(replace(tab, is_shared=view.is_shared, id=view.id, may_delete=may_delete))
    shown = [tab for tab in tabs if tab.is_shown]

    return Bar(
        tabs=tuple(tabs),
        search=None if shown or owner is None else urlencode(here),
        deletable=next((tab for tab in shown if tab.may_delete), None),
        hidden=forms.hidden() if owner is not None else {},
    )


def save_view() -> ResponseReturnValue:
    """Keep a search under a name. :raises InvalidEvent: when it is none, or has no name."""
    scope = scope_of(asked_of(request.args.items(multi=True)))
    sent, owner = forms.check(scope.realm), _owner()
    if owner is None:
        raise InvalidEvent("A view is kept for somebody, and nobody is logged in.")
    name = " ".join(sent.get("name", "").split())
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable():
        raise InvalidEvent(f"A view's name is a text of 1 to {NAME_CHARS} characters.")
    asked = _read(sent.get("search", ""))
    view = SavedView(
        id=secrets.token_hex(8),
        realm=scope.realm,
        organization_id=scope.organization_id,
        owner=owner,
        is_shared=sent.get("shared") == "true",
        name=name,
        search=urlencode(_lasting(asked)),
        created_time=now(),
    )
    current().store.saved_views.add(view, at_most=MOST)
    try:
        record_view("CREATE", view, request_context())
    except Exception:
        # What nobody knows of is not there.
        current().store.saved_views.remove(view.id, scope, owner, others=False)
        raise

    return redirect(search_url(replace(asked, realm=_realm())), 303)


def delete_view(view_id: str) -> ResponseReturnValue:
    """Forget a view. :raises NotFound: when there is none that the visitor may delete."""
    scope = scope_of(asked_of(request.args.items(multi=True)))
    forms.check(scope.realm)
    views = current().store.saved_views
    removed = views.remove(view_id, scope, _owner(), others=_manages(scope))
    record_view("DELETE", removed, request_context())
    asked = asked_of(_pairs(removed.search))

    return redirect(search_url(replace(asked, realm=_realm())), 303)


def _tab(name: str, pairs: Pairs, asked: Asked) -> Tab:
    view = asked_of(pairs)
    to = replace(view, realm=asked.realm, zone=view.zone or asked.zone)

    return Tab(name, to, is_shown=sorted(_lasting(to)) == sorted(_lasting(asked)))


def _read(search: str) -> Asked:
    """The search of a form. What cannot be read is refused now, and not whenever it is opened."""
    if len(search) > SEARCH_CHARS:
        raise InvalidEvent("The search is too long to be kept.")
    try:
        asked = asked_of(_pairs(search))
    except ValueError as error:
        raise InvalidEvent("That is no search.") from error
    query_of(asked)
    columns_of(asked.columns, with_org=True)

    return asked


def _pairs(search: str) -> Pairs:
    return tuple(parse_qsl(search, keep_blank_values=True, max_num_fields=100))


def _lasting(asked: Asked) -> Pairs:
    return tuple(pair for pair in asked.pairs() if pair[0] not in _PASSING)


def _realm() -> str | None:
    return asked_of(request.args.items(multi=True)).realm


def _owner() -> str | None:
    actor = request_context().actor
    return (actor.user_id or actor.username) if actor else None


def _manages(scope: Scope) -> bool:
    managed = managed_by_visitor(scope.realm)
    return managed is not None and managed.organization_id in (None, scope.organization_id)
