"""The one line at the start of an app."""

from __future__ import annotations

import os

import click

from ..logs import logger
from ..state import State


def greet(state: State, place: str) -> None:
    """Say at ``flask run`` where the log is, and where it is seen; elsewhere only that it is off.

    :param place: where the log will be, without a password.
    """
    context = click.get_current_context(silent=True)
    on = state.settings.enabled
    if context is None and not on:
        logger.warning("The audit log is off (AUDITLOG_ENABLED): nothing is recorded.")
    if context is None or context.info_name != "run" or _is_reloaders_parent(context, state):
        return
    said = f"{place}, pages at {state.settings.url_prefix}/, no webhooks"
    click.echo(f" * Audit log: {said if on else 'off (AUDITLOG_ENABLED)'}")


def _is_reloaders_parent(context: click.Context, state: State) -> bool:
    """Whether this process only starts the one that serves, and starts it again."""
    reloads = context.params.get("reload")
    if reloads is None:
        reloads = state.app.debug

    return reloads and "WERKZEUG_RUN_MAIN" not in os.environ
