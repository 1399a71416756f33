"""``webhook``: where events are sent, and what became of them."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec

from ..delivery.operating import Operator
from ..errors import NotFound
from ..state import current
from ..state import request_context
from ..store.webhooks import Attempt
from ..store.webhooks import Endpoint
from ..store.webhooks import SentDelivery
from ..store.webhooks import STATES
from ..web import webhook_view as view
from . import replays
from . import webhook_fields
from . import webhook_secrets
from .terminal import an_id
from .terminal import clock
from .terminal import command
from .terminal import inert
from .terminal import inert_json
from .terminal import moment
from .webhook_scope import a_webhook
from .webhook_scope import desk_of
from .webhook_scope import EVERYTHING
from .webhook_scope import find
from .webhook_scope import in_realm
from .webhook_scope import scope_of

_AT_ONCE = 100


@click.group()
def webhook() -> None:
    """Send events to other servers as they happen."""


@webhook.command("list")
@in_realm
@command
def list_webhooks(realm: str | None) -> None:
    """List the webhooks of a realm, newest first; before them the operator's own."""
    if (own := Operator(current(), request_context("system")).catch_all()) is not None:
        click.echo(_line(own))
    scope, first = scope_of(realm), 0
    while found := current().store.endpoints.all(scope, first=first, limit=_AT_ONCE):
        for each in found:
            click.echo(_line(each))
        first += len(found)


@webhook.command("show")
@click.argument("webhook_id", callback=a_webhook)
@in_realm
@command
def show_webhook(webhook_id: str, realm: str | None) -> None:
    """Show a webhook, and how it does, as JSON."""
    store, desk = current().store, desk_of(realm, webhook_id)
    endpoint = find(webhook_id, realm)
    shown = view.webhook(endpoint, desk.header_names(endpoint))
    health = view.health(store.healths.of([endpoint.id]).get(endpoint.id))
    for line in json.dumps(shown | {"health": health}, indent=2, ensure_ascii=False).split("\n"):
        click.echo(inert_json(line))


@webhook.command("create")
@webhook_fields.fields
@click.option("--disabled", is_flag=True, help="Send nothing to it yet, but hold what it wants.")
@click.option("--organization", default=None, help="Bind it to one organization, for ever.")
@in_realm
@command
def create_webhook(
    realm: str | None,
    organization: str | None,
    disabled: bool,  # noqa: FBT001 (click names it)
    **said: Any,
) -> None:
    """Make a webhook. Its id goes to standard output, and a secret that was made for it in a
    second line: it is shown here alone.
    """
    if said["filter"]:
        said["event_types"] = said["event_types"] or ("*",)
    if not said["event_types"]:
        raise click.UsageError("Say which types it wants: --type 'invoice.*', or '*' for all.")
    said["auth_type"] = said["auth_type"] or ("none" if said["polling_only"] else "hmac")
    given = webhook_fields.given(said | {"enabled": not disabled, "organization_id": organization})
    made, secret = desk_of(realm).create(given)
    click.echo(f"Webhook {made.id} of realm {made.realm}.", err=True)
    click.echo(made.id)
    if secret is not None:
        click.echo(secret)


@webhook.command("update")
@click.argument("webhook_id", callback=an_id)
@webhook_fields.fields
@in_realm
@command
def update_webhook(webhook_id: str, realm: str | None, **said: Any) -> None:
    """Change a webhook: what is not given stays as it is. A secret replaces the one before at
    once; `rotate` lets both sign for a time.
    """
    changed, secret = desk_of(realm).update(webhook_id, webhook_fields.given(said))
    click.echo(f"Webhook {changed.id} is changed.", err=True)
    if secret is not None:
        click.echo(secret)


@webhook.command("delete")
@click.argument("webhook_id", callback=an_id)
@in_realm
@command
def delete_webhook(webhook_id: str, realm: str | None) -> None:
    """Remove a webhook. What is on its way to it is cancelled."""
    desk_of(realm).delete(webhook_id)
    click.echo(f"Webhook {webhook_id} is deleted.")


@webhook.command("enable")
@click.argument("webhook_id", callback=a_webhook)
@click.option("--resume", is_flag=True, help="Let all go that was held for it.")
@click.option(
    "--since", callback=moment, default=None, help="Let that go which was held since then."
)
@in_realm
@command
def enable_webhook(
    webhook_id: str,
    realm: str | None,
    since: int | None,
    resume: bool,  # noqa: FBT001 (click names it)
) -> None:
    """Send to a webhook again. What was held for it stays so, unless you say otherwise."""
    desk_of(realm, webhook_id).enable(webhook_id, since=0 if resume and since is None else since)
    click.echo(f"Webhook {webhook_id} is enabled.")


@webhook.command("disable")
@click.argument("webhook_id", callback=a_webhook)
@in_realm
@command
def disable_webhook(webhook_id: str, realm: str | None) -> None:
    """Send nothing to a webhook any more, but hold what it would have had."""
    desk_of(realm, webhook_id).disable(webhook_id)
    click.echo(f"Webhook {webhook_id} is disabled.")


@webhook.command("test")
@click.argument("webhook_id", callback=an_id)
@in_realm
@command
def test_webhook(webhook_id: str, realm: str | None) -> None:
    """Send a webhook a test, and no other one. `sends` shows what became of it."""
    made = desk_of(realm).test(webhook_id)
    click.echo(f"A test is on its way: {made.id}")


@webhook.command("sends")
@click.argument("webhook_id", callback=a_webhook)
@click.option("--state", type=click.Choice(STATES), default=None, help="Those of one state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@in_realm
@command
def list_sends(
    webhook_id: str,
    realm: str | None,
    limit: int,
    as_json: bool,  # noqa: FBT001 (click names it)
    **asked: Any,
) -> None:
    """List what was sent to a webhook, newest first."""
    endpoint = find(webhook_id, realm)
    for each in current().store.sent.to_endpoint(
        endpoint.id, scope_of(realm, webhook_id), limit=limit, **asked
    ):
        if as_json:
            click.echo(inert_json(msgspec.json.encode(view.send(each)).decode()))
        else:
            click.echo(_sent_line(each))


@webhook.command("attempts")
@click.argument("send_id", callback=an_id)
@in_realm
@command
def list_attempts(send_id: str, realm: str | None) -> None:
    """List each HTTP request of a send, the first one first, and what came of it."""
    sent = current().store.sent
    scopes = (scope_of(realm), EVERYTHING)
    scope = next((each for each in scopes if sent.get(send_id, each) is not None), None)
    if scope is None:
        raise NotFound("There is no such send. `flask auditlog webhook sends` shows all.")
    for each in sent.attempts(send_id, scope):
        click.echo(_attempt_line(each))


@webhook.command("resend")
@click.argument("send_id", callback=an_id)
@click.option("--force", is_flag=True, help="Also to a disabled one: held until it is enabled.")
@in_realm
@command
def resend(send_id: str, realm: str | None, force: bool) -> None:  # noqa: FBT001 (click names it)
    """Send once more what a send sent, whatever became of it."""
    made = desk_of(realm).resend(send_id, force=force)
    click.echo(f"It is sent again: {made.id}")


def _line(each: Endpoint) -> str:
    state = "enabled" if each.enabled else f"disabled ({each.disabled_reason})"
    bound = f"org {each.organization_id}" if each.organization_id else "whole realm"
    if each.realm == EVERYTHING.realm:
        bound = "every realm"
    types = ",".join(each.event_types) or "no types"
    in_order = ["fifo"] if each.ordering == "fifo" else []

    return "  ".join(
        map(inert, [each.id, state, bound, each.auth_type, *in_order, each.url or "polled", types])
    )


def _sent_line(each: SentDelivery) -> str:
    told = view.send(each)
    said = str(told.get("status_message", "-"))
    parts = [told["id"], clock(told["sent_at"]), told["state"], f"{told['retries']} tries", said]

    return "  ".join(map(inert, [*parts, told["type"], told.get("event_id", "-")]))


def _attempt_line(each: Attempt) -> str:
    took = "-" if each.milliseconds is None else f"{each.milliseconds:.0f} ms"
    status = "-" if each.status is None else str(each.status)
    parts = [str(each.number), clock(each.started_time), status, took, each.address or "-"]

    return "  ".join(map(inert, [*parts, each.error or "", each.message or ""])).rstrip()


for each in (
    replays.recover,
    replays.replay,
    replays.list_replays,
    replays.cancel_replay,
    replays.stats,
    webhook_secrets.rotate_webhook,
    webhook_secrets.retire_secrets,
    webhook_secrets.show_secret,
    webhook_secrets.signing_keys,
    webhook_secrets.rotate_signing_key,
):
    webhook.add_command(each)
