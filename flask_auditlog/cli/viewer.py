"""``viewer``: links to one organization's events."""

from __future__ import annotations

from typing import Any

import click

from ..settings import Settings
from ..state import current
from ..store import Scope
from ..store import ViewerLink
from ..store.promises.viewing import ALLOWED
from ..web.viewer import making
from .terminal import clock
from .terminal import command
from .terminal import inert

MINUTE = 60
MOST_LISTED = 1000

_in_realm = click.option("--realm", default=None, help="The realm; the app's own if not given.")


@click.group()
def viewer() -> None:
    """Links by which a customer sees their own organization's events."""


@viewer.command("create")
@click.option("--organization", required=True, help="Whose events: for ever.")
@click.option("--organization-name", default=None, help="What the page calls the organization.")
@click.option("--actor", default=None, help="The user id of whom it is for; you if not given.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    default=60,
    show_default=True,
    help="How long it lives.",
)
@click.option(
    "--embed",
    multiple=True,
    help="An origin whose pages may show it in a frame. Give it once for each.",
)
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(ALLOWED),
    help="What may be changed with it. Give it once for each; without it, nothing.",
)
@_in_realm
@command
def create_link(organization: str, minutes: int, realm: str | None, **more: Any) -> None:
    """Make a link. It is shown once, on standard output: a path where SERVER_NAME is not set."""
    state = current()
    new = making.wanted(
        organization,
        expires=minutes * MINUTE,
        realm=realm or state.settings.realms[0],
        **more,
    )
    secret = making.keep(new)
    click.echo(
        f"Link {new.id} of {inert(new.organization_id)}, until {clock(new.expires_time)}. "
        "Whoever has it sees their events.",
        err=True,
    )
    known = state.app.config.get("SERVER_NAME")
    click.echo(making.address_of(secret) if known else _path(state.settings, secret))


@viewer.command("list")
@_in_realm
@command
def list_links(realm: str | None) -> None:
    """List the links that live, newest first."""
    for each in current().store.viewer_links.living(_scope(realm), at_most=MOST_LISTED):
        click.echo(_line(each))


@viewer.command("revoke")
@click.argument("link_id")
@_in_realm
@command
def revoke_link(link_id: str, realm: str | None) -> None:
    """End a link at once."""
    ended = making.end(link_id, _scope(realm))
    click.echo(f"Link {ended.id} is revoked.")


def _scope(realm: str | None) -> Scope:
    return Scope(realm=realm or current().settings.realms[0], organization_id=None)


def _path(settings: Settings, secret: str) -> str:
    return f"{settings.url_prefix}/viewer/{secret}/"


def _line(each: ViewerLink) -> str:
    reader = each.username or each.user_id or "-"
    used = f"used {clock(each.last_used_time)}"
    bound = f"org {inert(each.organization_id)}"
    may = [f"may change {', '.join(each.allow)}"] if each.allow else []

    return "  ".join(
        [each.id, bound, f"for {inert(reader)}", f"ends {clock(each.expires_time)}", used, *may]
    )
