"""What every page of the viewer shows, whatever else is on it."""

from __future__ import annotations

from typing import Any

from ...state import current
from ...store import ViewerLink
from ..admin.moments import brief
from ..admin.moments import hour
from ..admin.moments import moment
from ..admin.moments import now


def looks(link: ViewerLink | None) -> dict[str, Any]:
    """The frame of a page. Never asks the store, which may be away.

    :param link: ``None`` where nothing was opened.
    """
    state = current()

    return {
        "link": link,
        "product": state.settings.viewer.product or state.app.name,
        "stylesheet": state.settings.viewer.stylesheet,
        "ends": None if link is None else _ends(link.expires_time, now()),
        "now": now(),
    }


def _ends(time: int, now: int) -> str:
    """``12:45``, and with its date if that is another."""
    if moment(time).date() == moment(now).date():
        return hour(time)[:5]
    return brief(time // 60_000 * 60_000)
