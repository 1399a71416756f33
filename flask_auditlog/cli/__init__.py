"""``flask auditlog …``: for whoever runs the app."""

from __future__ import annotations

from collections.abc import Mapping

import click
from werkzeug.utils import import_string

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
        """Return their names, in order: ours, and those that the host has added."""
        return sorted({*COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; ``None`` when there is none of that name."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            self.add_command(import_string(f"{__name__}{COMMANDS[cmd_name]}"), cmd_name)

        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or tell what might be."""
        if self.get_command(ctx, args[0]) is None:
            # Click compares a wrong name with those that it has.
            for name in COMMANDS:
                self.get_command(ctx, name)

        return super().resolve_command(ctx, args)


commands = Commands("auditlog", help="Search, export and operate the audit log.")
