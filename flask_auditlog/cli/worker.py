"""``worker``: the background work of an app, in a process of its own."""

from __future__ import annotations

import click

from ..delivery import deliverer_of
from ..state import current
from ..web.exports.exporter import exporter_of
from ..work.embedded import background_of
from ..work.resident import Resident
from .inbox import move_all
from .inbox import move_each
from .terminal import command

# How often the inboxes are looked at, in seconds.
EVERY = 1.0


@click.command()
@click.option("--burst", is_flag=True, help="Do what there is to do, and end.")
@command
def worker(burst: bool) -> None:  # noqa: FBT001 (click names it)
    """Deliver webhooks, make large exports, and move to the log what the app recorded in its own
    transactions.

    With AUDITLOG_REDIS_URL it is a worker of RQ too, for the queue "auditlog". As many may run
    as you like, on as many machines. SIGTERM lets it finish what is under way.
    """
    state = current()
    deliverer, exporter = deliverer_of(state), exporter_of(state)
    # Before it is needed: said in one line when it is not there.
    click.echo(f"The log is at {state.store.place}, with {state.store.head():,} records.")
    if burst:
        moved = move_all(state, patient=False)
        click.echo(f"{moved:,} moved, {deliverer.run():,} attempts to deliver")
        exporter.run()
        return
    background = background_of(state)
    background.register("inboxes", lambda: move_each(state), every=EVERY)

    def woken() -> None:
        deliverer.wake()
        exporter.wake()

    Resident(state, [background, deliverer.reside(), exporter.reside()], woken).run()
