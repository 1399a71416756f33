"""What the host app calls to record what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import has_request_context

from ..event import Draft
from ..event import Receipt
from ..recorder import Context
from ..recorder.given import draft_of
from ..signals import event_failed
from ..state import current
from ..state import note
from ..state import request_context
from ..state import send
from ..state import State
from ..state import visit
from ..store.inbox.box import connection_of


def _put(state: State, draft: Draft, context: Context, session: Any) -> Receipt:
    """Record in the transaction of *session*. The log need not be there."""
    if context.realm not in state.settings.realms:
        state.recorder.check_realm(context.realm)
    done = state.recorder.finish(draft, context)
    if done is None:
        return Receipt(uid=None, state="vetoed")
    state.inbox.put(connection_of(session), [done])

    return Receipt(uid=done.event.uid, state="pending")


class Doors:
    """The ways in for events that the host app knows of."""

    def record(
        self,
        type: str,  # noqa: A002 (the word of the wire format)
        *,
        error: str | None = None,
        details: Mapping[str, Any] | None = None,
        session: Any = None,
        **more: Any,
    ) -> Receipt:
        """Record one event of your own; return once it is committed.

        :param type: what happened, as ``invoice.paid``.
        :param error: a code, when it failed.
        :param details: whatever you want to keep. Secrets are masked, by name and by shape.
        :param session: your SQLAlchemy session or connection. Then the event is written in its
            transaction, commits and rolls back with it, and the receipt is ``pending``.
        :param more: ``time`` (epoch milliseconds), ``organization_id``, ``operation_type``
            (``CREATE``, ``UPDATE``, ``DELETE`` or ``ACTION``), ``resource_type``,
            ``resource_path``, ``representation`` (the resource as JSON text), ``uid``.
        :raises InvalidEvent: when it is not an event the log can store.
        :raises StoreUnavailable: when the log cannot be reached. Not with a session.
        :raises SchemaMissing: with a session whose database has no inbox. Its transaction is
            as it was.
        """
        state = current()
        if not state.settings.enabled:
            return Receipt(uid=None, state="disabled")
        try:
            draft = draft_of({"type": type, "error": error, "details": details, **more})
            note(draft.type)
            context = request_context("capture")
            if session is None:
                receipt = state.recorder.record(draft, context)
            else:
                receipt = _put(state, draft, context, session)
        except Exception as failure:
            state.recorder.count("record_failed")
            send(state, event_failed, event=None, error=failure)
            raise
        if receipt.state == "committed" and has_request_context():
            visit().recorded += 1

        return receipt

    def access_event(
        self,
        name: str,
        *,
        error: str | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Receipt:
        """Record ``access.<name>``: ``LOGIN_ERROR``, ``REGISTER``, ``UPDATE_PASSWORD``, …

        With *error*, the name ends in ``_ERROR``; it is added if it does not.
        """
        if error is not None and not name.endswith("_ERROR"):
            name = f"{name}_ERROR"
        return self.record(f"access.{name}", error=error, details=details, **more)

    def admin_event(
        self,
        resource_type: str,
        operation: str,
        *,
        changes: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Receipt:
        """Record ``admin.<RESOURCE>-<OPERATION>``: what was done to a resource.

        :param operation: ``CREATE``, ``UPDATE``, ``DELETE`` or ``ACTION``.
        :param changes: ``{field: [old, new]}``; kept as ``details.changes``.
        """
        kept = {**(details or {}), **({"changes": dict(changes)} if changes else {})}

        return self.record(
            f"admin.{resource_type}-{operation}",
            resource_type=resource_type,
            operation_type=operation,
            details=kept or None,
            **more,
        )

    def system_event(self, name: str, *, details: Mapping[str, Any] | None = None) -> Receipt:
        """Record ``system.<name>``: what the system did by itself. It has no actor."""
        return self.record(f"system.{name}", details=details)
