"""What an app says of a type -> its definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from ...errors import ConfigError
from ...errors import InvalidEvent
from ...event import Draft
from ...settings import POLICIES
from ...settings import Policy
from ..plain import clean
from ..prepare import check
from .definition import Definition
from .definition import is_reserved
from .faults import Checker
from .json_schema import json_schema


def definition_of(
    type: str,  # noqa: A002
    *,
    schema: Schema | type[Schema] | None,
    description: str,
    example: Mapping[str, Any] | None,
    version: int,
    invalid: Policy | None,
) -> Definition:
    """Return the definition of a type. :raises ConfigError: for one that cannot be."""
    _check(type, version, invalid)
    made = _instance(type, schema)
    shape = json_schema(made)
    definition = Definition(
        type=type,
        version=version,
        description=" ".join(description.split()),
        example=clean(dict(example)) if example is not None else None,
        invalid=invalid,
        json_schema=shape,
        checker=Checker(made, shape) if made is not None else None,
    )
    wrong = definition.faults(definition.example) if example is not None else []
    if wrong:
        raise ConfigError(f"The example of {type} does not follow its schema. {wrong[0].message}")

    return definition


def _check(type: str, version: int, invalid: Policy | None) -> None:  # noqa: A002
    try:
        check(Draft(type=type))
    except InvalidEvent as error:
        raise ConfigError(f"No event can have this type. {error}") from error
    if not _is_positive(version):
        raise ConfigError(f"The version of {type} must be a whole number, from 1 on.")
    if invalid is not None and invalid not in POLICIES:
        raise ConfigError(f"`invalid` of {type} must be one of {', '.join(POLICIES)}.")
    if invalid == "refuse" and is_reserved(type):
        raise ConfigError(
            f"Events of {type} cannot be refused: the log records such by itself, "
            "and what happened must not go unrecorded."
        )


def _is_positive(version: Any) -> bool:
    return type(version) is int and version > 0


def _instance(name: str, schema: Any) -> Schema | None:
    made = schema() if isinstance(schema, type) and issubclass(schema, Schema) else schema
    if made is not None and not isinstance(made, Schema):
        raise ConfigError(f"The schema of {name} must be a marshmallow Schema, or a class of one.")
    if made is not None and made.many:
        raise ConfigError(f"The schema of {name} is of many: details are one object.")

    return made
