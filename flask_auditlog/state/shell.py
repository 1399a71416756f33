"""Whoever typed a command of the host: the user of the operating system."""

from __future__ import annotations

import getpass

import click
from flask.cli import ScriptInfo

# It serves others: what happens in it was done by no one who typed a command.
_SERVERS = frozenset({"run"})


def operator() -> str:
    """The user of the operating system."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run under a number that has no name.
        return "unknown"


def command() -> str | None:
    """Return the command of Flask's that runs, as ``flask users create``, without its arguments.

    Other programs made with click are none of ours: the worker of a queue does what others
    asked for.
    """
    context = click.get_current_context(silent=True)
    if context is None or context.find_object(ScriptInfo) is None:
        return None
    names: list[str] = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    if not names or names[-1] in _SERVERS:
        return None

    return " ".join(["flask", *reversed(names)])[:500]
