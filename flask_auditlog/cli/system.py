"""``system``: the operator's news, such as planned maintenance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from ..recorder.given import draft_of
from ..state import current
from ..state import request_context
from .terminal import clock
from .terminal import command
from .terminal import moment

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def _named(_context: click.Context, _param: click.Parameter, value: str) -> str:
    name = value.removeprefix("system.")
    if not _NAME.fullmatch(name):
        raise click.BadParameter("It is written in capitals, as MAINTENANCE or VERSION_UPDATE.")
    return name


def _details(
    _context: click.Context, _param: click.Parameter, pairs: tuple[str, ...]
) -> Mapping[str, str]:
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if not all("=" in pair for pair in pairs):
        raise click.BadParameter("It is written as NAME=VALUE.")
    return found


@click.command()
@click.argument("name", callback=_named)
@click.option("--message", default=None, help="What people should know, in a sentence.")
@click.option("--starts", callback=moment, default=None, help="When it begins: ISO 8601, UTC.")
@click.option("--ends", callback=moment, default=None, help="When it is over: ISO 8601, UTC.")
@click.option(
    "--detail",
    "details",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_details,
    help="What else is to be kept.",
)
@click.option("--realm", default=None, help="The realm; the app's own if not given.")
@command
def system(name: str, realm: str | None, details: dict[str, Any], **said: Any) -> None:
    """Record what the system did, or will do: MAINTENANCE, OUTAGE, VERSION_UPDATE, ...

    A MAINTENANCE stands as a notice on the admin pages until it ends, or until
    MAINTENANCE_OVER. System events have no actor.
    """
    times = {key: said[key] for key in ("starts", "ends") if said[key] is not None}
    if "ends" in times and times["ends"] <= times.get("starts", 0):
        raise click.UsageError("It ends before it starts.")
    known = {"message": said["message"], **{key: clock(time) for key, time in times.items()}}
    kept = {**details, **{key: value for key, value in known.items() if value is not None}}
    state = current()
    context = request_context()
    receipt = state.recorder.record(
        draft_of({"type": f"system.{name}", "details": kept or None}),
        replace(context, realm=realm or context.realm),
    )
    click.echo(f"Recorded system.{name}: {receipt.uid or receipt.state}")
