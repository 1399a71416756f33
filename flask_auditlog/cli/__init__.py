"""``flask auditlog …``: for whoever runs the app."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

# Where each command is.
COMMANDS: Mapping[str, str] = {
    "coverage": ".coverage.coverage",
    "export": ".exporting.export",
    "import": ".importing.import_file",
    "move": ".inbox.move",
    "realm": ".register.realm",
    "search": ".log.search",
    "status": ".operate.status",
    "system": ".system.system",
    "tail": ".log.tail",
    "token": ".register.token",
    "types": ".types.types",
    "upgrade": ".operate.upgrade",
    "viewer": ".viewer.viewer",
    "webhook": ".webhooks.webhook",
    "worker": ".worker.worker",
}


class Commands(click.Group):
    """Imports a command when it is asked for: an app that only serves loads none of them.

    After https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click gives it)
        """Return their names, in order."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click gives it)
        cmd_name: str,
    ) -> click.Command | None:
        """Return a command; ``None`` when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].rpartition(".")
        found: click.Command = getattr(import_module(module, __package__), name)

        return found


commands = Commands("auditlog", help="Search, export and operate the audit log.")
