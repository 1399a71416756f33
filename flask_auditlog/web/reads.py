"""Reads of the log are recorded in the log, before what was read is handed out.

The rule: one event for each answer, with what was asked and how many records were given.
An export has two, since nobody knows its number before its end: one before the first byte
(so the evidence is there even if the process dies on the way) and one at the end, also when
the reader hangs up, with the number and the uid of the first. If a read cannot be recorded,
it fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from typing import Literal

from ..event import Draft
from ..event import READ_TYPE
from ..event import Receipt
from ..recorder import Context
from ..state import current
from ..state import request_context
from ..store import Query
from ..store import Scope
from .args import to_params

Action = Literal["search", "view", "export", "count", "tail", "types"]


def record_read(
    scope: Scope,
    action: Action,
    query: Query | None,
    records: int | None,
    *,
    reader: Context | None = None,
    **more: Any,
) -> Receipt:
    """Record that somebody read the log.

    :param records: how many records they were given; ``None`` when it is not yet known.
    :param reader: who; without it the host's current user.
    :param more: what else belongs into the event's details; ``uid`` names the one viewed.
    :raises StoreUnavailable: when it cannot be recorded. Do not hand out what was read.
    """
    state = current()
    if not state.settings.enabled:
        return Receipt(uid=None, state="disabled")
    details: dict[str, Any] = {"action": action}
    if query is not None:
        details["query"] = to_params(query)
    if records is not None:
        details["records"] = records
    path = f"realms/{scope.realm}/events"
    if "uid" in more:
        path = f"{path}/{more.pop('uid')}"
    draft = Draft(
        type=READ_TYPE,
        operation_type="ACTION",
        resource_type="AUDIT_LOG",
        resource_path=path,
        details=details | more,
    )
    context = replace(
        reader or request_context(),
        realm=scope.realm,
        organization_id=scope.organization_id,
        source="system",
        trusted=True,
    )

    return state.recorder.record(draft, context)
