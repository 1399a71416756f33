"""A change that was heard -> a finished event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import has_request_context
from sqlalchemy.orm.attributes import instance_state

from ...event import Draft
from ...event import Finished
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
from .labels import label_in
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


def event_of(change: Change, context: Context, showing: Showing) -> Finished | None:
    """Return the event of *change*; ``None`` when nothing changed, or it was vetoed."""
    draft = _draft(change, showing)
    # What is told of values is JSON by then.
    return None if draft is None else change.state.recorder.finish(draft, context, plain=True)


def _draft(change: Change, showing: Showing) -> Draft | None:
    plan, instance, registry = change.plan, change.instance, change.state.tracked
    pairs = pairs_of(change)
    changes: dict[str, Any] = changes_of(pairs, plan.tracked.options, showing)
    members = members_changed(change) if plan.collections else {}
    if (
        change.operation == "UPDATE"
        and not members
        and not changes.keys() - change.before.refreshed
    ):
        return None
    labels: dict[str, Any] = {}
    if plan.references:
        told = {name: pairs[name] for name in changes}
        labels.update(reference_labels(plan, instance, told, registry))
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
        organization_id=_organization(change),
        label=_label(change),
        labels=labels or None,
    )


def _label(change: Change) -> str | None:
    options = change.plan.tracked.options
    if options.label is None:
        return None
    # Of a deleted row the session may have let go.
    held = {**change.before.values, **change.instance.dict}

    return _said(change.state, "label", lambda: label_in(held, options))


def _organization(change: Change) -> str | None:
    """Return the organization of the row; ``None`` for that of the request."""
    named, state = change.plan.tracked.options.organization, change.state
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
