"""Where the history of an event's actor is, and that of its resource."""

from __future__ import annotations

from typing import Any

from flask import url_for

from ...event import Event
from ..args import to_params
from ..related import searches

# The page of each, by the name of the section that it is linked from.
_PAGES = {"Actor": ("actor", ".actor"), "Resource": ("resource", ".resource")}


def histories(event: Event, realm: str | None) -> dict[str, str]:
    """Return the addresses, without those that the event does not know enough for."""
    known = searches(event)

    return {
        title: _url(page, realm, to_params(known[name]))
        for title, (name, page) in _PAGES.items()
        if name in known
    }


def _url(page: str, realm: str | None, named: dict[str, Any]) -> str:
    named.pop("reads", None)

    return url_for(page, realm=realm, **named)
