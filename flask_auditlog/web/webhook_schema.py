"""A webhook as a caller may send it: Phase Two's object, with fields of ours beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from marshmallow import RAISE
from marshmallow import Schema
from marshmallow import ValidationError

from ..delivery.given import Given
from ..errors import Fault
from ..errors import InvalidWebhook
from . import schema

_TEXT = "must be text"
# What a GET tells and nobody sets. It is accepted, so that what was read can be sent back.
READ_ONLY = (
    "id",
    "createdBy",
    "createdAt",
    "realm",
    "updatedAt",
    "version",
    "disabledReason",
    "disabledTime",
    "headerNames",
    "hasTls",
    "health",
)
# Taken back by null. Elsewhere null is as if it were left out.
CLEARED = frozenset({"description", "filter", "timeout", "rateLimit", "tls"})


class _Text(fields.String):
    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(data_key=name, error_messages={"invalid": _TEXT}, **options)


class Flag(fields.Boolean):
    """True or false; as text too, which Phase Two's clients send."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise self.make_error("invalid", input=value)


class Number(fields.Float):
    """A number that is one in JSON."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.make_error("invalid", input=value)
        return float(value)


def _list(name: str) -> fields.List[Any]:
    """A list; what may stand in it is checked behind this."""
    # No class of its own: only newer versions of marshmallow say what a list holds.
    return fields.List(fields.Raw(), data_key=name, error_messages={"invalid": "must be a list"})


class _Object(fields.Dict):
    def __init__(self, name: str) -> None:
        super().__init__(
            keys=fields.String(), data_key=name, error_messages={"invalid": "must be an object"}
        )


class WebhookSchema(Schema):
    """A webhook, new or changed: what is left out stays as it is."""

    class Meta:
        unknown = RAISE

    url = _Text("url")
    enabled = Flag(error_messages={"invalid": "must be true or false"})
    event_types = _list("eventTypes")
    filter = _Text("filter", allow_none=True)
    exclude_clients = _list("excludeClients")
    attributes = _Object("attributes")
    auth_type = _Text("authType")
    algorithm = _Text("algorithm")
    secret = _Text("secret")
    audience = _Text("audience")
    description = _Text("description", allow_none=True)
    signatures = _Text("signatures")
    ordering = _Text("ordering")
    polling_only = Flag(data_key="pollingOnly", error_messages={"invalid": "must be true or false"})
    headers = _Object("headers")
    tls = fields.Dict(
        keys=fields.String(), allow_none=True, error_messages={"invalid": "must be an object"}
    )
    timeout = Number(
        data_key="timeout", allow_none=True, error_messages={"invalid": "must be a number"}
    )
    rate_limit = Number(
        data_key="rateLimit", allow_none=True, error_messages={"invalid": "must be a number"}
    )
    organization_id = _Text("organizationId")


class RotationSchema(Schema):
    """A new secret. ``grace`` is in seconds: so long the one before signs too."""

    class Meta:
        unknown = RAISE

    secret = _Text("secret", allow_none=True)
    grace = fields.Integer(
        strict=True, error_messages={"invalid": "must be a whole number of seconds"}
    )


class ResumptionSchema(Schema):
    """What becomes of that which was held. ``since`` is in epoch milliseconds."""

    class Meta:
        unknown = RAISE

    resume = _Text("resume")
    since = fields.Integer(
        strict=True, error_messages={"invalid": "must be a whole number of milliseconds since 1970"}
    )


def webhook(value: Any) -> Given:
    """Return *value*, read from JSON, as what somebody wants.

    :raises InvalidWebhook: with every field that is none, or of another type.
    """
    if not isinstance(value, dict):
        raise InvalidWebhook(faults=[Fault(None, "A webhook must be a JSON object.")])
    sent = {
        name: each
        for name, each in value.items()
        if name not in READ_ONLY and (each is not None or name in CLEARED)
    }

    return Given(**load(WebhookSchema(), sent))


def since(given: Mapping[str, Any]) -> int | None:
    """Return since when what was held is let go: 0 for all, ``None`` for nothing.

    :raises InvalidWebhook: when ``resume`` and ``since`` do not belong together.
    """
    known: Mapping[str, int | None] = {"all": 0, "none": None, "since": given.get("since")}
    resume = given.get("resume", "since" if "since" in given else "none")
    if resume not in known:
        raise InvalidWebhook(faults=[Fault("resume", "resume is one of all, since, none.")])
    if (resume == "since") != ("since" in given):
        raise InvalidWebhook(faults=[Fault("since", "With resume since, and only there, since.")])

    return known[resume]


def load(kind: Schema, value: Any, *, of: str = "a webhook") -> dict[str, Any]:
    """Return *value*, which is *of* something, by a schema.

    :raises InvalidWebhook: with everything that is wrong.
    """
    if not isinstance(value, dict):
        raise InvalidWebhook(faults=[Fault(None, "The body must be a JSON object.")])
    known = [str(field.data_key or name) for name, field in kind.fields.items()]

    def unknown(name: str) -> str:
        known_ones = f" Known: {', '.join(known)}."
        return f"`{name}` is not a field of {of}.{schema.hint(name, known, known_ones)}"

    try:
        loaded: dict[str, Any] = kind.load(value)
    except ValidationError as error:
        raise InvalidWebhook(faults=schema.faults(error.messages_dict, unknown)) from error

    return loaded
