"""``upgrade`` and ``status``."""

from __future__ import annotations

from typing import Literal

import click

from ..event import Draft
from ..state import current
from ..state import request_context
from ..store import Upgrade
from .inbox import make_all
from .inbox import status_of
from .terminal import command


@click.command()
@command
def upgrade() -> None:
    """Bring the tables of the log to the newest version, and make the app's inboxes.

    Safe to run twice, and from several machines at once.
    """
    state = current()
    done = state.upgrade()
    if done is not None and done.ran:
        _note("UPDATE" if done.since else "CREATE", done)
    click.echo(f"The log is up to date: {state.store.place}")
    make_all(state)


@click.command()
@command
def status() -> None:
    """Say where the log is, and how it is."""
    state = current()
    store = state.store
    pending = store.pending()
    click.echo(f"store      {store.place}")
    click.echo(f"recording  {'on' if state.settings.enabled else 'off (AUDITLOG_ENABLED)'}")
    click.echo(f"records    {store.head():,}")
    click.echo(f"sifted     {store.sieve.position():,} of them, for searches of texts")
    click.echo(f"realms     {', '.join(store.realms.all())}")
    click.echo(f"tables     {'run `flask auditlog upgrade`' if pending else 'up to date'}")
    for line in status_of(state):
        click.echo(line)


def _note(operation: Literal["CREATE", "UPDATE"], done: Upgrade) -> None:
    """Record who made the tables of the log, or changed them."""
    draft = Draft(
        type=f"admin.AUDIT_LOG-{operation}",
        operation_type=operation,
        resource_type="AUDIT_LOG",
        resource_path="tables",
        details={"ran": list(done.ran)},
    )
    current().recorder.record(draft, request_context("system"))
