"""An event of a defined type, checked against its definition. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ...errors import Fault
from ...errors import InvalidEvent
from ...event import Event
from ...settings import Policy
from .definition import Definition

# The key in the details of a flagged event, and what is said there. It is the log's own.
FLAG = "_flagged"
FLAGGED_BY = "catalogue"
# Most faults that are kept with an event.
KEPT = 5

_OURS = f"`details.{FLAG}`: Only the log says this, of an event that does not follow."


def followed(
    event: Event, definition: Definition, default: Policy | None, *, given: Mapping[str, Any]
) -> tuple[Event, int]:
    """Return *event* with the version of its definition, and how many faults it was flagged for.

    Its details stay as they are but for the flag, which repeats no value.

    :param default: what becomes of those that do not follow, where the definition is silent.
    :param given: the details as they were given: without what the log added or moved.
    :raises InvalidEvent: when it does not follow, and is refused.
    """
    faults, checked = _faults(given, definition)
    if faults and checked and definition.policy(event.source, default) == "refuse":
        raise InvalidEvent(faults=faults)
    if faults:
        event = msgspec.structs.replace(
            event, details={**(event.details or {}), FLAG: _flag(faults)}
        )

    return msgspec.structs.replace(event, type_version=definition.version), len(faults)


def _faults(details: Mapping[str, Any], definition: Definition) -> tuple[list[Fault], bool]:
    """Return what is wrong, and whether that could be found out."""
    try:
        if FLAG not in details:
            return definition.faults(details), True
        faults = definition.faults({key: details[key] for key in details if key != FLAG})
    except Exception as error:  # noqa: BLE001 (code of the host, that may raise anything)
        # The event is not to blame. What is raised may hold a value, but for its class.
        return [Fault("details", f"The schema raised {type(error).__name__}.")], False

    return [*faults, Fault(f"details.{FLAG}", _OURS)], True


def _flag(faults: list[Fault]) -> dict[str, Any]:
    said = [{"field": each.field, "message": each.message} for each in faults[:KEPT]]

    return {"by": FLAGGED_BY, "faults": said}
