"""Beside Flask-Migrate: its autogenerate must not take our table for one to be dropped."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from flask import appcontext_pushed
from flask import Flask

from ..store.inbox.table import include_name

EXTENSION = "migrate"


def hide_from_migrate(app: Flask) -> None:
    """Hide the inbox from the app's Flask-Migrate, whichever of the two is initialised first."""
    if EXTENSION in app.extensions:
        _hide(app)
    elif "flask_migrate" in sys.modules:
        # Later, when it is there: the commands run in an app context.
        def look(_: Any, **__: Any) -> None:
            if EXTENSION in app.extensions:
                _hide(app)
                # For all senders: else the signal goes on to look for the receivers of each.
                appcontext_pushed.disconnect(look)

        appcontext_pushed.connect(look, app, weak=False)


def _hide(app: Flask) -> None:
    arguments: dict[str, Any] = getattr(app.extensions[EXTENSION], "configure_args", {})
    given = arguments.get("include_name")

    def both(name: str | None, type_: str, parent_names: Mapping[str, Any]) -> bool:
        ours = include_name(name, type_, parent_names)
        return ours and (given is None or bool(given(name, type_, parent_names)))

    arguments["include_name"] = both
