"""A change of one row -> the draft of its event. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import Literal

from ...event import Draft
from .tracked import Tracked

Operation = Literal["CREATE", "UPDATE", "DELETE"]


def change_draft(
    tracked: Tracked,
    operation: Operation,
    key: Iterable[Any] | None,
    changes: Mapping[str, Any] | None = None,
    *,
    organization_id: str | None = None,
    **details: Any,
) -> Draft:
    """Return the draft of a change.

    :param key: the primary key, as it may be told; ``None`` where many rows changed.
    :param changes: what :func:`.changes.changes_of` made of the values.
    :param details: what else is to be kept. What is ``None`` is left out.
    """
    kept = {"changes": changes or None, **details}
    resource = tracked.resource_type

    return Draft(
        type=f"admin.{resource}-{operation}",
        organization_id=organization_id,
        operation_type=operation,
        resource_type=resource,
        resource_path=tracked.resource_path if key is None else tracked.path_of(key),
        details={name: value for name, value in kept.items() if value is not None} or None,
    )
