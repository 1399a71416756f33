"""``webhook rotate``, ``retire``, ``secret``: what deliveries are signed with, and the log's own key."""

from __future__ import annotations

from typing import IO

import click

from ..delivery.operating import Operator
from ..state import current
from ..state import request_context
from ..store.outbox.keys import GRACE
from . import webhook_fields
from .terminal import an_id
from .terminal import clock
from .terminal import command
from .webhook_scope import desk_of
from .webhook_scope import in_realm

HOUR = 3600 * 1000


@click.command("rotate")
@click.argument("webhook_id", callback=an_id)
@click.option(
    "--secret-file",
    type=click.File(),
    default=None,
    help="A file with the new secret; - for standard input. Without it one is made.",
)
@click.option(
    "--grace",
    type=click.IntRange(0, 7 * 24),
    default=GRACE // HOUR,
    show_default=True,
    help="Hours that the secret before signs too.",
)
@in_realm
@command
def rotate_webhook(
    webhook_id: str, realm: str | None, secret_file: IO[str] | None, grace: int
) -> None:
    """Give a webhook a new secret. It goes to standard output."""
    chosen = None if secret_file is None else webhook_fields.read(secret_file).strip()
    click.echo(desk_of(realm).rotate(webhook_id, chosen, grace=grace * HOUR))


@click.command("secret")
@click.argument("webhook_id", callback=an_id)
@in_realm
@command
def show_secret(webhook_id: str, realm: str | None) -> None:
    """Show what a webhook's deliveries are signed with. That you asked is recorded."""
    click.echo(desk_of(realm).reveal(webhook_id))


@click.command("retire")
@click.argument("webhook_id", callback=an_id)
@in_realm
@command
def retire_secrets(webhook_id: str, realm: str | None) -> None:
    """End the old secrets of a webhook at once: only the current one signs."""
    ended = desk_of(realm).retire(webhook_id)
    click.echo(f"Old secrets ended: {ended}")


@click.command("signing-keys")
@command
def signing_keys() -> None:
    """List the keys that receivers verify the tokens of bearer with, the current first."""
    for each in Operator(current(), request_context("system")).signing_keys():
        end = "signs" if each.expires_time is None else f"until {clock(each.expires_time)}"
        click.echo(f"{each.jwk['kid']}  since {clock(each.created_time)}  {end}")


@click.command("rotate-signing-key")
@click.option(
    "--grace",
    type=click.IntRange(0, 7 * 24),
    default=GRACE // HOUR,
    show_default=True,
    help="Hours that the key before is published too.",
)
@command
def rotate_signing_key(grace: int) -> None:
    """Sign the tokens of bearer with a new key, for all webhooks of the log. Its name (`kid`) goes to
    standard output.
    """
    click.echo(Operator(current(), request_context("system")).rotate_key(grace=grace * HOUR))
