"""``webhook recover`` and ``replay``: what is sent again; ``webhook stats``: how deliveries do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import click
import msgspec

from ..delivery.asking import Asking
from ..state import current
from ..state import request_context
from ..store.promises.again import Asked
from ..store.promises.again import RATE
from ..store.promises.again import Replay
from ..web import webhook_view as view
from .terminal import clock
from .terminal import command
from .terminal import inert
from .terminal import inert_json
from .terminal import moment
from .webhook_scope import find
from .webhook_scope import in_realm
from .webhook_scope import scope_of

# Seconds between two looks at a replay.
_PAUSE = 1.0

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--rate", type=float, default=RATE, show_default=True, help="Deliveries a second, at most."
    ),
    click.option("--dry-run", is_flag=True, help="Only say how many there would be."),
    click.option("--wait", is_flag=True, help="Stay, and show how far it is, until it is over."),
)


def _again(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of everything that is sent again."""
    for option in reversed(_OPTIONS):
        function = option(function)

    return function


@click.command("recover")
@click.argument("webhook_id")
@click.option("--since", callback=moment, required=True, help="What failed then or later.")
@click.option("--before", callback=moment, default=None, help="What failed before then.")
@click.option("--held", is_flag=True, help="Also what is held.")
@_again
@in_realm
@command
def recover(webhook_id: str, realm: str | None, since: int, **said: Any) -> None:
    """Send again what failed, unless it came in the end. The id of the replay that does it goes to
    standard output.
    """
    _begin(webhook_id, realm, {"kind": "recover", "after": since, **said})


@click.command("replay")
@click.argument("webhook_id")
@click.option("--after", callback=moment, default=None, help="What arrived then or later.")
@click.option("--before", callback=moment, default=None, help="What arrived before then.")
@click.option("--after-position", type=int, default=None, help="From this position on.")
@click.option("--before-position", type=int, default=None, help="Up to, and without, this one.")
@click.option("--missing", is_flag=True, help="Only what the webhook never had.")
@_again
@in_realm
@command
def replay(
    webhook_id: str,
    realm: str | None,
    missing: bool,  # noqa: FBT001 (click names it)
    **said: Any,
) -> None:
    """Send the events of a range, also those that are older than the webhook. The id of the replay
    goes to standard output.
    """
    _begin(webhook_id, realm, {"kind": "missing" if missing else "replay", **said})


@click.command("replays")
@click.argument("webhook_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@in_realm
@command
def list_replays(
    webhook_id: str,
    realm: str | None,
    as_json: bool,  # noqa: FBT001 (click names it)
    limit: int,
) -> None:
    """List what was sent again to a webhook, newest first, and how far it is."""
    scope = scope_of(realm)
    for each in current().store.replays.all(find(webhook_id, realm).id, scope, limit=limit):
        if as_json:
            shown = view.replay(each, shows_position=True)
            click.echo(inert_json(msgspec.json.encode(shown).decode()))
        else:
            click.echo(inert(f"{each.id}  {clock(each.created_time)}  {each.kind}  {_far(each)}"))


@click.command("cancel-replay")
@click.argument("replay_id")
@in_realm
@command
def cancel_replay(replay_id: str, realm: str | None) -> None:
    """End a replay. What of it was not sent yet is cancelled."""
    job = _asking(realm).cancel(replay_id)
    click.echo(f"Replay {job.id} is {_far(job)}")


@click.command("stats")
@click.argument("webhook_id", required=False)
@in_realm
@command
def stats(webhook_id: str | None, realm: str | None) -> None:
    """Show how the deliveries of a webhook do, or the queue of all realms, as JSON."""
    measures = current().store.measures
    if webhook_id is None:
        shown = msgspec.structs.asdict(measures.of_all())
    else:
        found = measures.of_endpoint(find(webhook_id, realm).id, scope_of(realm, webhook_id))
        shown = view.statistics(found)
    click.echo(json.dumps(shown, indent=2))


def _asking(realm: str | None) -> Asking:
    return Asking(current(), scope_of(realm), request_context("system"))


def _begin(webhook_id: str, realm: str | None, said: dict[str, Any]) -> None:
    dry_run, wait = said.pop("dry_run"), said.pop("wait")
    asked, asking = Asked(**said), _asking(realm)
    find(webhook_id, realm)
    if dry_run:
        count = asking.count(webhook_id, asked)
        click.echo(f"Deliveries: {'' if count.exact else 'more than '}{count.value:,}")
        return
    job = asking.begin(webhook_id, asked)
    click.echo(job.id)
    click.echo(_far(job), err=True)
    while wait and job.finished_time is None:
        time.sleep(_PAUSE)
        before, job = job, asking.find(job.id)
        if _far(job) != _far(before):
            click.echo(_far(job), err=True)


def _far(job: Replay) -> str:
    more = "" if job.is_exact else "more than "

    return f"{job.state}: {job.made:,} of {more}{job.planned:,}"
