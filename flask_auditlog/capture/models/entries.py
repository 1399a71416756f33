"""A change that was heard -> a finished event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import has_request_context
from sqlalchemy.orm.attributes import instance_state

from ...event import Draft
from ...event import Entry
from ...logs import logger
from ...recorder import Context
from ...recorder.given import organization_of
from ...redact import matched
from ...state import request_context
from ...state import session_as_it_was
from ...state import State
from .changes import changes_of
from .changes import members_of
from .changes import Showing
from .drafts import change_draft
from .heard import Change
from .heard import key_of
from .labels import label_of
from .labels import members_labels
from .labels import reference_labels
from .pairs import members_changed
from .pairs import pairs_of
from .paths import member_path
from .paths import told_key


def showing_of(state: State) -> Showing:
    """Return how the app of *state* tells values."""

    limits = state.settings.limits
    return Showing(
        masked=state.recorder.masked,
        matched=lambda text: matched(text, state.keys("match")[0]),
        value_bytes=limits.value_bytes,
        event_bytes=limits.event_bytes,
    )


def context_of(state: State) -> Context:
    """Return who and where we are, without asking the host to load its user."""
    if not has_request_context():
        return request_context("capture", load_user=False, state=state)
    with session_as_it_was():
        return request_context("capture", load_user=False, state=state)


def entry_of(change: Change, state: State, context: Context, showing: Showing) -> Entry | None:
    """Return the event of *change*; ``None`` when nothing changed, or it was vetoed."""
    draft = _draft(change, state, showing)

    return None if draft is None else state.recorder.finish(draft, context)


def _draft(change: Change, state: State, showing: Showing) -> Draft | None:
    plan, instance, registry = change.plan, change.instance, state.tracked
    pairs = pairs_of(change)
    changes: dict[str, Any] = changes_of(pairs, plan.tracked.options, showing)
    members = members_changed(change)
    if (
        change.operation == "UPDATE"
        and not members
        and not changes.keys() - change.before.refreshed
    ):
        return None
    labels: dict[str, Any] = reference_labels(
        plan, instance, {name: pairs[name] for name in changes}, registry
    )
    for name, (added, removed) in members.items():
        changes[name] = members_of(
            added, removed, lambda each: member_path(instance_state(each), registry, showing)
        )
        labels.update(members_labels(name, added, removed, registry))

    return change_draft(
        plan.tracked,
        change.operation,
        told_key(plan, key_of(plan, instance), showing),
        changes,
        organization_id=_organization(change, state),
        label=_label(change, state),
        labels=labels or None,
    )


def _label(change: Change, state: State) -> str | None:
    return _said(
        state, "label", lambda: label_of(change.instance, state.tracked, change.before.values)
    )


def _organization(change: Change, state: State) -> str | None:
    """Return the organization of the row; ``None`` for that of the request."""
    named = change.plan.tracked.options.organization
    if named is None:
        return None
    instance = change.instance
    if isinstance(named, str):
        value = instance.dict.get(named, change.before.values.get(named))
        return _said(state, "organization", lambda: organization_of(value))

    return _said(state, "organization", lambda: organization_of(named(instance.obj())))


def _said(state: State, name: str, function: Callable[[], str | None]) -> str | None:
    """Return what a function of the host says. One that raises says nothing."""
    try:
        return function()
    except Exception:
        state.recorder.count("loader_failed")
        logger.exception("the %s of a tracked model failed; the event is without it", name)
        return None
