"""Everything ``AUDITLOG_*`` can say, as one typed, frozen table."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from typing import Any

from ..errors import ConfigError
from .groups import Capture
from .groups import Limits
from .groups import POLICIES
from .groups import Policy
from .groups import Redact
from .groups import RequestRule
from .groups import Viewer
from .groups import Webhooks
from .reading import build
from .reading import PREFIX
from .saying import say

WORKERS = ("embedded", "external")
REDIS = ("redis://", "rediss://", "unix://")
LONGEST_TIMEOUT, MOST_IN_FLIGHT = 30, 512

RATE_STATUSES = (429, 403)
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")

REALM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

__all__ = [
    "POLICIES",
    "PREFIX",
    "Capture",
    "Limits",
    "Policy",
    "Redact",
    "RequestRule",
    "Settings",
    "Viewer",
    "Webhooks",
    "check_realm_name",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything ``AUDITLOG_*`` can say."""

    database_url: str | None = say(
        None, "SQLAlchemy URL of the log's database: PostgreSQL or SQLite."
    )
    enabled: bool = say(True, "`False` records nothing, and says so when the app starts.")
    realms: tuple[str, ...] = say(
        ("default",),
        "Realms that are there without `flask auditlog realm add`. The first is where the app's own events go.",
    )
    url_prefix: str = say("/audit", "Where the admin pages are.")
    api_prefix: str | None = say(
        None,
        "Where the API is, if not under `AUDITLOG_URL_PREFIX`. `/auth` gives Phase Two's paths.",
    )
    worker: str = say(
        "embedded",
        "Where the background work is done: `embedded`, in a thread of the app's process, or `external`, by `flask auditlog worker`.",
    )
    redis_url: str | None = say(
        None,
        "URL of a Redis. With it, RQ workers deliver webhooks (`rq worker auditlog`, `flask auditlog worker`). Nothing is kept there that could be lost.",
    )
    capture: Capture = say(Capture(), "What is recorded by itself: a dict of the keys below.")
    redact: Redact = say(
        Redact(), "What is masked beside the built-in names and shapes: a dict of the keys below."
    )
    rate_limit: str | None = say(
        "60000/minute",
        "Most requests of one token to the API, as `100/second`, `6000/minute`, `1000/hour`, `5000/day`; in each process, or in all of them with `AUDITLOG_REDIS_URL`. `None`: as many as come.",
        or_none=True,
    )
    rate_limit_status: int = say(
        429, "How a request beyond it is answered: 429, or 403 as Phase Two's documentation has it."
    )
    limits: Limits = say(Limits(), "Sizes and times: a dict of the keys below.")
    webhooks: Webhooks = say(
        Webhooks(), "How events are delivered to webhooks: a dict of the keys below."
    )
    viewer: Viewer = say(
        Viewer(), "How the viewer looks to your customers: a dict of the keys below."
    )
    language: str | None = say(
        None,
        "Language of the pages, as `de`. `None`: the one that the app has chosen by Flask-Babel, or else the best that the browser asks for.",
    )
    translations: tuple[str, ...] = say(
        (),
        "Directories with catalogues of your own, from the app's folder: `<language>/LC_MESSAGES/flask_auditlog.mo`. They go before those that are built in.",
    )
    webhook_allow: tuple[str, ...] = say(
        (),
        "Networks that webhooks may be in although they are not public, as `10.1.0.0/16`. There alone plain `http` is accepted.",
    )
    keys: tuple[str, ...] = say(
        (),
        "Secrets for webhooks' secrets, session hashes and cursors, newest first. Without it, one is made from the app's `SECRET_KEY`.",
    )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Read a Flask config.

        :raises ConfigError: for a key that does not exist or a value that cannot be.
        """
        given = {k[len(PREFIX) :].lower(): v for k, v in config.items() if k.startswith(PREFIX)}
        settings: Settings = build(cls, given, PREFIX)
        _check(settings)
        _check_worker(settings)
        _check_rate(settings)
        _check_webhooks(settings.webhooks)

        return settings


def _check(settings: Settings) -> None:
    for limit in fields(Limits):
        if not 0 < getattr(settings.limits, limit.name) < math.inf:
            raise ConfigError(f"AUDITLOG_LIMITS: {limit.name} must be more than 0.")
    _check_invalid(settings.capture.invalid)
    if "" in settings.keys:
        raise ConfigError("AUDITLOG_KEYS holds an empty string, which everybody knows.")
    if not settings.realms:
        raise ConfigError("AUDITLOG_REALMS needs at least one realm.")
    for realm in settings.realms:
        check_realm_name(realm)
    for name in ("url_prefix", "api_prefix"):
        prefix = getattr(settings, name)
        if prefix is not None and (not prefix.startswith("/") or prefix.endswith("/")):
            raise ConfigError(
                f"AUDITLOG_{name.upper()} must begin with a slash and not end with one."
            )


def _check_worker(settings: Settings) -> None:
    if settings.worker not in WORKERS:
        raise ConfigError(f"AUDITLOG_WORKER must be one of {', '.join(WORKERS)}.")
    if settings.redis_url is not None and not settings.redis_url.startswith(REDIS):
        raise ConfigError(f"AUDITLOG_REDIS_URL must begin with one of {', '.join(REDIS)}.")


def _check_rate(settings: Settings) -> None:
    if settings.rate_limit is not None and not _RATE.fullmatch(settings.rate_limit):
        raise ConfigError(
            "AUDITLOG_RATE_LIMIT is a number per second, minute, hour or day: 600/minute."
        )
    if settings.rate_limit_status not in RATE_STATUSES:
        raise ConfigError("AUDITLOG_RATE_LIMIT_STATUS must be 429 or 403.")


def _check_webhooks(webhooks: Webhooks) -> None:
    said = None
    if not 0 < webhooks.timeout <= LONGEST_TIMEOUT:
        said = f"timeout is more than 0 and at most {LONGEST_TIMEOUT} seconds"
    elif not 0 < webhooks.in_flight <= MOST_IN_FLIGHT:
        said = f"in_flight is 1 to {MOST_IN_FLIGHT}"
    elif webhooks.lease <= 0 or webhooks.bodies_days <= 0 or webhooks.attempts_days <= 0:
        said = "lease, bodies_days and attempts_days are more than 0"
    elif not webhooks.schedule or not all(0 <= each < math.inf for each in webhooks.schedule):
        said = "schedule is a list of at least one pause in seconds, none less than 0"
    if said is not None:
        raise ConfigError(f"AUDITLOG_WEBHOOKS: {said}.")


def _check_invalid(policy: str | None) -> None:
    if policy is not None and policy not in POLICIES:
        raise ConfigError(f"AUDITLOG_CAPTURE: invalid must be one of {', '.join(POLICIES)}.")


def check_realm_name(name: object) -> str:
    """Return *name*, or raise :class:`ConfigError` if no realm can be called that."""
    if not isinstance(name, str) or not REALM_NAME.fullmatch(name):
        raise ConfigError(
            "A realm's name is 1 to 63 letters, digits, dots, dashes or underscores, "
            "and begins with a letter or digit."
        )
    return name
