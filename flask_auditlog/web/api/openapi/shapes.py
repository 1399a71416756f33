"""What answers look like, as JSON Schema. Nothing may stand in an answer that does not stand here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import get_args

import msgspec

from ....delivery.health import Breaker
from ....errors import Fault
from ....event import Actor
from ....event import Event
from ....event import OPERATIONS
from ....export import FORMATS
from ....store.promises.again import Kind
from ....store.promises.again import ReplayState
from ....store.webhooks import Algorithm
from ....store.webhooks import AuthType
from ....store.webhooks import Cause
from ....store.webhooks import DisabledReason
from ....store.webhooks import Ordering
from ....store.webhooks import Signatures
from ....store.webhooks import State
from ...problems import CODES

Node = dict[str, Any]

TEXT: Node = {"type": "string"}
WHOLE: Node = {"type": "integer"}
NUMBER: Node = {"type": "number"}
FLAG: Node = {"type": "boolean"}
ID: Node = {"type": "string", "format": "uuid"}
TIME: Node = {"type": "integer", "description": "Milliseconds since 1970."}
MOMENT: Node = {"type": "string", "format": "date-time"}
ANYTHING: Node = {"type": "object"}
TEXTS: Node = {"type": "object", "additionalProperties": TEXT}


def ref(name: str) -> Node:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(always: Mapping[str, Node], sometimes: Mapping[str, Node] | None = None) -> Node:
    """Return an object: *sometimes* is what is left out where there is nothing to say."""
    return {
        "type": "object",
        "properties": {**always, **(sometimes or {})},
        "required": list(always),
        "additionalProperties": False,
    }


def each(item: Node) -> Node:
    """Return an array of *item*."""
    return {"type": "array", "items": item}


def one_of(values: Any) -> Node:
    """Return one of some texts: a tuple, or a ``Literal``."""
    return {
        "type": "string",
        "enum": list(values if isinstance(values, tuple) else get_args(values)),
    }


def or_null(node: Node) -> Node:
    """Return *node*, or null."""
    return {"anyOf": [node, {"type": "null"}]}


def schemas() -> dict[str, Node]:
    """Return all schemas of answers, by their names in the document."""
    told = _structs()
    event = told["Event"]
    event["properties"]["operationType"] = one_of(OPERATIONS)
    record = {
        **event,
        "description": "An event at its place in the log. Whoever sees only an organization sees no `position`.",
        "properties": {**event["properties"], "position": WHOLE, "receivedTime": TIME},
        "required": [*event["required"], "receivedTime"],
    }

    return {**told, "Record": record, **_LOOK, **_WEBHOOKS, **_SENT}


def _structs() -> dict[str, Node]:
    """The structs that are written as they are. Nulls are left out."""
    kinds = (Event, Actor, Fault)
    _, found = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    for node in found.values():
        may_be_null = {name for name, it in node["properties"].items() if _is_nullable(it)}
        node["required"] = [name for name in node.get("required", []) if name not in may_be_null]
        node["properties"] = {name: _present(it) for name, it in node["properties"].items()}
        node["additionalProperties"] = False
        node["description"] = str(node.get("description", "")).split("\n\n")[0].replace("``", "`")

    return found


def _is_nullable(node: Node) -> bool:
    return {"type": "null"} in node.get("anyOf", [])


def _present(node: Node) -> Node:
    """A property that is left out where it is null."""
    kinds = [it for it in node.get("anyOf", [node]) if it != {"type": "null"}]

    return dict(kinds[0]) if len(kinds) == 1 else {"anyOf": kinds}


_FACET = obj(
    {"values": each(obj({"value": TEXT, "count": WHOLE})), "distinct": WHOLE, "complete": FLAG}
)
_BAR = obj({"start": TIME, "end": TIME, "count": or_null(WHOLE), "errors": or_null(WHOLE)})
_GROUP = obj(
    {
        "query": TEXTS,
        "search": TEXT,
        "more": FLAG,
        "newer": each(ref("Record")),
        "older": each(ref("Record")),
    }
)
_LOOK: Mapping[str, Node] = {
    "Problem": obj(
        {"error": TEXT | {"examples": list(CODES)}, "error_description": TEXT},
        {"errors": each(ref("Fault"))},
    ),
    "Accepted": {"oneOf": [obj({"uid": ID}), obj({"uids": each(ID)})]},
    "Page": obj({"events": each(ref("Record")), "next": or_null(TEXT)}),
    "Count": obj({"count": WHOLE, "exact": FLAG}),
    "Facets": obj(
        {
            "facets": {"type": "object", "additionalProperties": _FACET},
            "records": WHOLE,
            "complete": FLAG,
        }
    ),
    "Histogram": obj({"width": TEXT, "bars": each(_BAR), "complete": FLAG}),
    "Feed": obj({"events": each(ref("Record")), "cursor": TEXT, "more": FLAG}),
    "Related": {"type": "object", "additionalProperties": _GROUP},
    "Manifest": obj(
        {
            "file": TEXT,
            "realm": TEXT,
            "began": MOMENT,
            "ended": MOMENT,
            "format": one_of(tuple(FORMATS)),
            "complete": FLAG,
            "records": WHOLE,
            "bytes": WHOLE,
            "sha256": TEXT,
            "event": ID,
        },
        {
            "organizationId": TEXT,
            "exportedBy": ref("Actor"),
            "query": TEXTS,
            "uids": each(ID),
            "columns": each(TEXT),
            "positions": each(WHOLE),
            "times": each(MOMENT),
        },
    ),
    "Health": obj(
        {"status": one_of(("ok", "degraded", "failing", "disabled"))}, {"failing": each(TEXT)}
    ),
}

_WEBHOOKS: Mapping[str, Node] = {
    "EndpointHealth": obj(
        {"breaker": one_of(Breaker), "failuresInARow": WHOLE, "latency": NUMBER},
        {"pausedUntil": TIME, "failingSince": TIME, "lastSuccess": TIME},
    ),
    "Webhook": obj(
        {
            "id": ID,
            "enabled": FLAG,
            "url": TEXT,
            "algorithm": one_of(Algorithm),
            "authType": one_of(AuthType),
            "createdAt": TIME,
            "realm": TEXT,
            "eventTypes": each(TEXT),
            "attributes": ANYTHING,
            "excludeClients": each(TEXT),
            "signatures": one_of(Signatures),
            "ordering": one_of(Ordering),
            "pollingOnly": FLAG,
            "headerNames": each(TEXT),
            "hasTls": FLAG,
            "updatedAt": TIME,
            "version": WHOLE,
            "health": ref("EndpointHealth"),
        },
        {
            "audience": TEXT,
            "createdBy": TEXT,
            "organizationId": TEXT,
            "description": TEXT,
            "filter": TEXT,
            "timeout": NUMBER,
            "rateLimit": NUMBER,
            "disabledReason": one_of(DisabledReason),
            "disabledTime": TIME,
        },
    ),
    "Polled": obj({"events": each(ref("Event")), "iterator": TEXT, "more": FLAG}),
    "Secret": obj({"type": {"const": "secret"}, "value": TEXT}),
    "Made": obj({"id": ID}),
    "Keys": obj({"keys": each({"type": "object", "additionalProperties": TEXT})}),
}

_PERIOD = obj({"attempts": WHOLE, "exact": FLAG}, {"success": NUMBER, "p50": NUMBER, "p95": NUMBER})
_SENT: Mapping[str, Node] = {
    "Send": obj(
        {
            "id": ID,
            "type": TEXT,
            "webhook": obj({"id": ID, "enabled": FLAG, "url": TEXT}),
            "retries": WHOLE,
            "sent_at": TIME,
            "keycloak_event_type": one_of(("USER", "ADMIN")),
            "state": one_of(State),
            "cause": one_of(Cause),
            "created_at": TIME,
        },
        {
            "status": WHOLE,
            "status_message": TEXT,
            "event_id": ID,
            "keycloak_event_id": ID,
            "error": TEXT,
            "due_at": TIME,
            "finished_at": TIME,
            "payload": TEXT | {"description": "The event, as JSON text; of one send alone."},
        },
    ),
    "Attempt": obj(
        {
            "number": WHOLE,
            "started_at": TIME,
            "phases": {"type": "object", "additionalProperties": NUMBER},
            "request_headers": TEXTS,
            "response_headers": TEXTS,
        },
        {
            "milliseconds": NUMBER,
            "address": TEXT,
            "status": WHOLE,
            "response_body": TEXT,
            "error": TEXT,
            "message": TEXT,
        },
    ),
    "Replay": obj(
        {
            "id": ID,
            "webhookId": ID,
            "kind": one_of(Kind),
            "state": one_of(ReplayState),
            "rate": NUMBER,
            "made": WHOLE,
            "planned": WHOLE,
            "exact": FLAG,
            "createdAt": TIME,
            "updatedAt": TIME,
        },
        {
            "after": TIME,
            "before": TIME,
            "held": FLAG,
            "createdBy": TEXT,
            "finishedAt": TIME,
            "afterPosition": WHOLE,
            "beforePosition": WHOLE,
            "position": WHOLE,
        },
    ),
    "Planned": obj({"planned": WHOLE, "exact": FLAG}),
    "Statistics": obj(
        {
            "states": {"type": "object", "additionalProperties": WHOLE},
            "day": _PERIOD,
            "week": _PERIOD,
        },
        {"oldestDue": TIME},
    ),
}
