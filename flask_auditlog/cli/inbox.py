"""The inboxes in the host's databases: ``move``, and what ``upgrade`` and ``status`` say of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from ..errors import AuditLogError
from ..state import current
from ..state import State
from ..store.inbox.box import HostInbox
from ..work.embedded import mover_of
from .terminal import command
from .terminal import inert


@click.command()
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=None, help="Go on, every so many seconds."
)
@click.option("--again", is_flag=True, help="Try what the log has refused once more.")
@click.option("--seconds", type=float, default=None, help="Stop after this time.")
@command
def move(every: float | None, again: bool, seconds: float | None) -> None:  # noqa: FBT001 (click names it)
    """Move to the log what was recorded in the app's own transactions.

    The app does it by itself, unless AUDITLOG_WORKER is "external".
    """
    state = current()
    # Before it is needed: said in one line when it is not there.
    state.store.head()
    if again:
        for inbox in mover_of(state).inboxes():
            inbox.again()
    end = time.monotonic() + (seconds or 0.0)
    moved = move_all(state, patient=every is not None)
    while every is not None and (seconds is None or time.monotonic() < end):
        time.sleep(every)
        moved += move_all(state, patient=True)
    click.echo(f"{moved:,} moved")


def move_all(state: State, *, patient: bool) -> int:
    """Move from each inbox. :raises AuditLogError: when one cannot be reached, if not *patient*."""
    moved = 0
    for inbox in mover_of(state).inboxes():
        try:
            moved += mover_of(state).drain(inbox)
        except AuditLogError as error:
            if not patient:
                raise
            click.echo(inert(str(error)), err=True)

    return moved


def move_each(state: State) -> None:
    """Move from each inbox that can be reached."""
    move_all(state, patient=True)


def make_all(state: State) -> None:
    """Make the inboxes that are missing. One that cannot be made is told of, and no more:
    the database may be one that the host only reads.
    """
    for inbox in mover_of(state).inboxes():
        try:
            inbox.create()
        except AuditLogError as error:
            click.echo(f"No inbox: {inert(str(error))}", err=True)
        else:
            click.echo(f"The inbox is there: {inbox.place}")


def status_of(state: State) -> Iterator[str]:
    """Yield a line for each inbox."""
    for inbox in mover_of(state).inboxes():
        try:
            said = _waiting(inbox)
        except AuditLogError as error:
            said = str(error)
        yield f"inbox      {inert(said)}"


def _waiting(inbox: HostInbox) -> str:
    waiting = inbox.waiting()
    parts = [f"{waiting.count:,} waiting"]
    if waiting.oldest is not None:
        parts[0] += f" for {max(0, time.time_ns() // 1_000_000 - waiting.oldest) / 1000:,.0f} s"
    if waiting.aside:
        parts.append(f"{waiting.aside:,} refused by the log (see the app's log)")

    return f"{', '.join(parts)}: {inbox.place}"
