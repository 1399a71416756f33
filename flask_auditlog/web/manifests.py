"""The manifest of an export: what is in the file, who took it away and when, and its SHA-256.

It is made from the two events that the log has of an export: so it holds nothing that the log
does not, and whoever has the log can say whether it is genuine.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import NotFound
from ..event import Event
from ..event import READ_TYPE
from ..export.cells import iso_time
from ..state import current
from ..store import Query
from ..store import Scope
from .ids import is_id

# Among so many events that say they are the end of an export, one is ours or there is none.
CLAIMED = 20
# As they stand in the event and in the manifest.
_FACTS = (
    "format",
    "columns",
    "query",
    "uids",
    "complete",
    "records",
    "bytes",
    "sha256",
    "positions",
)


def file_name(realm: str, moment: int, extension: str) -> str:
    """The name of a file that was begun at this time, in epoch milliseconds."""
    day = time.strftime("%Y-%m-%d", time.gmtime(moment / 1000))

    return f"audit-log-{realm}-{day}.{extension}"


def manifest_of(began: Event, ended: Event, file: str | None = None) -> dict[str, Any]:
    """Return the manifest of an export, from the events of its beginning and its end.

    :param file: the file's name, if it is not the one that a browser gives it.
    """
    details: Mapping[str, Any] = ended.details or {}
    told: dict[str, Any] = {
        "file": file or file_name(began.realm_id, began.time, details["format"]),
        "realm": began.realm_id,
        "organizationId": began.organization_id,
        "exportedBy": ended.auth_details and msgspec.to_builtins(ended.auth_details),
        "began": iso_time(began.time),
        "ended": iso_time(ended.time),
        **{name: details.get(name) for name in _FACTS},
        "times": [iso_time(each) for each in details["times"]] if "times" in details else None,
        "event": ended.uid,
    }

    return {name: value for name, value in told.items() if value is not None}


def find(uid: str, scope: Scope) -> dict[str, Any]:
    """Return the manifest of the export whose beginning is the event *uid*.

    :raises NotFound: when there is none within *scope*, or it has not ended.
    """
    store = current().store
    begin = store.get(uid, scope) if is_id(uid) else None
    if begin is None or not is_beginning(begin.event):
        raise NotFound("There is no such export.")
    began = begin.event
    # Both are of one request, which narrows it to a few.
    mine = Query(type=READ_TYPE, request=began.request_id, details=(("began", began.uid),))
    found = [each.event for each in store.find(mine, scope, limit=CLAIMED).records]
    # Whoever may publish as others can send such an event, but never from "system".
    ended = [each for each in found if each.source == "system"]
    if not ended:
        raise NotFound("This export has not ended, or nobody knows how.")

    return manifest_of(began, ended[-1])


def is_beginning(event: Event) -> bool:
    """Whether an event of ours says that an export began."""
    details = event.details or {}

    return (
        (event.type, event.source) == (READ_TYPE, "system")
        and details.get("action") == "export"
        and "began" not in details
    )


def beginning_of(event: Event) -> str | None:
    """Return the uid of the event that an export began with, of the one that says how it ended."""
    details = event.details or {}
    ours = (event.type, event.source) == (READ_TYPE, "system")
    began = details.get("began") if ours and details.get("action") == "export" else None

    return began if isinstance(began, str) else None


def encoded(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as a file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
