"""``flask auditlog …``: for whoever runs the app."""

from __future__ import annotations

import click

from . import coverage
from . import exporting
from . import importing
from . import inbox
from . import log
from . import operate
from . import register
from . import replays
from . import system
from . import types
from . import viewer
from . import webhook_secrets
from . import webhooks
from . import worker

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
    webhooks.webhook.add_command(each)

commands = click.Group(
    "auditlog",
    help="Search, export and operate the audit log.",
    commands=[
        operate.upgrade,
        operate.status,
        inbox.move,
        worker.worker,
        register.realm,
        register.token,
        viewer.viewer,
        log.search,
        log.tail,
        exporting.export,
        importing.import_file,
        coverage.coverage,
        types.types,
        system.system,
        webhooks.webhook,
    ],
)
