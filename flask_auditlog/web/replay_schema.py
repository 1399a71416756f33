"""What a caller asks to be sent again. Times are epoch milliseconds."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow import RAISE
from marshmallow import Schema

from ..store.promises.again import Asked
from ..store.promises.again import RATE
from .webhook_schema import Flag
from .webhook_schema import load
from .webhook_schema import Number


class _Whole(fields.Integer):
    def __init__(self, name: str) -> None:
        super().__init__(
            data_key=name,
            strict=True,
            error_messages={"invalid": "must be a whole number"},
        )


def _flag(name: str) -> Flag:
    return Flag(data_key=name, error_messages={"invalid": "must be true or false"})


def _rate() -> Number:
    return Number(error_messages={"invalid": "must be a number"})


class RecoverySchema(Schema):
    """What failed since a time; with ``held`` what is held too."""

    class Meta:
        unknown = RAISE

    after = _Whole("since")
    before = _Whole("before")
    held = _flag("held")
    rate = _rate()
    dry_run = _flag("dryRun")


class ReplaySchema(Schema):
    """Every event of a range; with ``missing`` those alone that the webhook never had."""

    class Meta:
        unknown = RAISE

    after = _Whole("after")
    before = _Whole("before")
    after_position = _Whole("afterPosition")
    before_position = _Whole("beforePosition")
    missing = _flag("missing")
    rate = _rate()
    dry_run = _flag("dryRun")


def recovery(value: Any) -> tuple[Asked, bool]:
    """Return what is asked, and whether it is only to be counted.

    :raises InvalidWebhook: with every field that is none, or of another type.
    """
    given = _loaded(RecoverySchema(), value, of="a recovery")
    dry_run = given.pop("dry_run", False)

    return Asked(kind="recover", **({"rate": RATE} | given)), dry_run


def replay(value: Any) -> tuple[Asked, bool]:
    """As :func:`recovery`, for a range of events."""
    given = _loaded(ReplaySchema(), value, of="a replay")
    dry_run, missing = given.pop("dry_run", False), given.pop("missing", False)

    return Asked(kind="missing" if missing else "replay", **({"rate": RATE} | given)), dry_run


def _loaded(kind: Schema, value: Any, *, of: str) -> dict[str, Any]:
    """Return *value* by a schema. Null is as if it were left out."""
    if isinstance(value, dict):
        value = {name: each for name, each in value.items() if each is not None}

    return load(kind, value, of=of)
