"""``flask auditlog …``: for whoever runs the app."""

from __future__ import annotations

import click

from . import coverage
from . import inbox
from . import log
from . import operate
from . import register
from . import system
from . import types

commands = click.Group(
    "auditlog",
    help="Search, export and operate the audit log.",
    commands=[
        operate.upgrade,
        operate.status,
        inbox.move,
        register.realm,
        register.token,
        log.search,
        log.tail,
        log.export,
        coverage.coverage,
        types.types,
        system.system,
    ],
)
