"""What may be sent, of the marshmallow schemas that read it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from ....recorder.catalogue.json_schema import json_schema
from ...replay_schema import RecoverySchema
from ...replay_schema import ReplaySchema
from ...schema import EventSchema
from ...webhook_schema import Flag
from ...webhook_schema import Number
from ...webhook_schema import READ_ONLY
from ...webhook_schema import ResumptionSchema
from ...webhook_schema import RotationSchema
from ...webhook_schema import WebhookSchema
from .examples import EVENTS
from .examples import RECOVERY
from .examples import REPLAY
from .examples import WEBHOOK
from .shapes import each
from .shapes import Node
from .shapes import ref

_READ: tuple[tuple[type[Any], Node], ...] = (
    (Flag, {"type": ["boolean", "string"], "enum": [True, False, "true", "false"]}),
    (Number, {"type": "number"}),
)


def schemas() -> dict[str, Node]:
    """Return all schemas of bodies, by their names in the document."""
    webhook = _read_by(WebhookSchema(), null_is_nothing=True)
    # What a GET told may be sent back with the rest.
    webhook["properties"] |= {name: {"readOnly": True} for name in READ_ONLY}

    return {
        "EventToSend": _read_by(EventSchema()),
        "WebhookToMake": webhook,
        "Rotation": _read_by(RotationSchema()),
        "Resumption": _read_by(ResumptionSchema()),
        "Recovery": _read_by(RecoverySchema(), null_is_nothing=True),
        "ReplayToMake": _read_by(ReplaySchema(), null_is_nothing=True),
    }


def _read_by(schema: Schema, *, null_is_nothing: bool = False) -> Node:
    node = json_schema(schema)
    for name, field in schema.fields.items():
        key = str(field.data_key or name)
        own = next((it for kind, it in _READ if isinstance(field, kind)), None)
        if own is not None:
            node["properties"][key] = dict(own)
        if null_is_nothing:
            node["properties"][key] = {"anyOf": [node["properties"][key], {"type": "null"}]}
    words = (type(schema).__doc__ or "").split("\n\n")[0].replace("``", "`")

    return {"description": words, **node}


def _json(name: str, *, required: bool = True, **examples: Any) -> Node:
    content: Node = {"schema": ref(name)}
    if examples:
        content["examples"] = {title: {"value": value} for title, value in examples.items()}

    return {"required": required, "content": {"application/json": content}}


def events() -> Node:
    """Return the body of an ingest."""
    one_or_many = {"oneOf": [ref("EventToSend"), each(ref("EventToSend"))]}
    examples = {title: {"value": value} for title, value in EVENTS.items()}

    return {
        "required": True,
        "content": {
            "application/json": {"schema": one_or_many, "examples": examples},
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One event a line."}
            },
        },
    }


WEBHOOK_BODY = _json("WebhookToMake", example=WEBHOOK)
ROTATION = _json("Rotation", required=False, example={"grace": 3600})
RESUMPTION = _json("Resumption", required=False, example={"resume": "all"})
RECOVERY_BODY = _json("Recovery", example=RECOVERY)
REPLAY_BODY = _json("ReplayToMake", example=REPLAY)
