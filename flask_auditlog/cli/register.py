"""``realm`` and ``token``: the registers beside the log."""

from __future__ import annotations

import time

import click

from ..event import Draft
from ..state import current
from ..state import request_context
from ..store import PERMISSIONS
from ..store import Token
from ..web.registered import record_token
from .terminal import clock
from .terminal import command
from .terminal import inert

DAY = 24 * 3600 * 1000


@click.group()
def realm() -> None:
    """Register realms: environments or products whose events are kept apart."""


@realm.command("add")
@click.argument("name")
@command
def add_realm(name: str) -> None:
    """Register a realm."""
    new = current().store.realms.add(name)
    if new:
        _note_realm(name)
    click.echo(f"Realm {name} {'added' if new else 'was there already'}.")


@realm.command("list")
@command
def list_realms() -> None:
    """List the realms."""
    for name in current().store.realms.all():
        click.echo(name)


@click.group()
def token() -> None:
    """Bearer tokens for the API."""


@token.command("create")
@click.option("--realm", default=None, help="The realm; the app's own if not given.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    type=click.Choice(PERMISSIONS),
    help="Give it once for each permission.",
)
@click.option("--organization", default=None, help="Bind the token to one organization, for ever.")
@click.option("--name", default=None, help="Who uses it: becomes the client of its events.")
@click.option("--days", type=click.IntRange(min=1), default=None, help="How long it lives.")
@command
def create_token(
    realm: str | None,
    permissions: tuple[str, ...],
    organization: str | None,
    name: str | None,
    days: int | None,
) -> None:
    """Create a token. It is shown once, on standard output."""
    state = current()
    expires = time.time_ns() // 1_000_000 + days * DAY if days else None
    made, secret = state.store.tokens.create(
        name=name or "token",
        realm=realm or state.settings.realms[0],
        permissions=permissions,
        organization_id=organization,
        expires_time=expires,
    )
    record_token("CREATE", made, request_context("system"))
    click.echo(f"Token {made.id} of realm {made.realm}. Keep it: it is not shown again.", err=True)
    click.echo(secret)


@token.command("list")
@command
def list_tokens() -> None:
    """List all tokens, newest first."""
    for each in current().store.tokens.all():
        click.echo(_line(each))


@token.command("revoke")
@click.argument("token_id")
@command
def revoke_token(token_id: str) -> None:
    """End a token at once."""
    ended = current().store.tokens.revoke(token_id)
    record_token("DELETE", ended, request_context("system"))
    click.echo(f"Token {ended.id} is revoked.")


def _line(each: Token) -> str:
    ended = "revoked" if each.revoked_time else f"expires {clock(each.expires_time)}"
    bound = f"org {inert(each.organization_id)}" if each.organization_id else "whole realm"
    permissions = ",".join(sorted(each.permissions))
    used = f"used {clock(each.last_used_time)}"

    return "  ".join([each.id, inert(each.name), each.realm, bound, permissions, ended, used])


def _note_realm(name: str) -> None:
    """Record that a realm was registered, and by whom."""
    draft = Draft(
        type="admin.AUDIT_LOG-CREATE",
        operation_type="CREATE",
        resource_type="AUDIT_LOG",
        resource_path=f"realms/{name}",
    )
    current().recorder.record(draft, request_context("system"))
