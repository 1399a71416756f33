"""The time zone that the visitor reads times in: that of the address, and of every link on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from datetime import UTC
from functools import wraps
from typing import Any

from flask import g
from flask import request

from ...errors import QueryError
from ...store.language.times import zone_of

NAME = "zone"
# Some of every part of the world, for who does not know the name of theirs. Any other may be typed.
SUGGESTED = (
    "UTC",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Stockholm",
    "Europe/Athens",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)

_KEPT = "_auditlog_zone"
_REFUSED = "_auditlog_zone_refused"


def check() -> None:
    """Read the address's time zone.

    :raises QueryError: when there is no such zone, but on the page that has the field for it: that
        one shows it there (see :func:`refused`).
    """
    for wanted in request.args.getlist(NAME):
        if not wanted.strip():
            continue
        try:
            zone = zone_of(wanted.strip())
        except QueryError as error:
            if request.endpoint is None or not request.endpoint.endswith(".search"):
                raise
            setattr(g, _REFUSED, error)
        else:
            # As it is called, however it was typed.
            setattr(g, _KEPT, (str(zone), zone))


def refused() -> QueryError | None:
    """What is wrong with the time zone that was typed, if anything is."""
    found: QueryError | None = g.get(_REFUSED)
    return found


def here() -> tzinfo:
    """The visitor's time zone; UTC on a page that was refused."""
    zone: tzinfo = g.get(_KEPT, ("", UTC))[1]
    return zone


def name() -> str:
    """What it is called, as in the address."""
    known: str = g.get(_KEPT, ("UTC", UTC))[0]
    return known


def keep(endpoint: str, values: dict[str, Any]) -> None:
    """Let every address of ours keep it, where it is not ``None`` there."""
    if name() != "UTC" and not endpoint.endswith(".static"):
        values.setdefault(NAME, name())


def in_zone(shown: Callable[..., str]) -> Callable[..., str]:
    """Return a filter for templates that shows times of the visitor's zone."""

    @wraps(shown)
    def show(*args: Any, **named: Any) -> str:
        return shown(*args, zone=here(), **named)

    return show
