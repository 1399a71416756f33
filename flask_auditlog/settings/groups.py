"""The settings that are a dict of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPMethod
from typing import get_args
from typing import Literal

from ..errors import ConfigError
from .saying import say

# What becomes of an event that does not follow the definition of its type.
Policy = Literal["refuse", "flag"]
POLICIES: tuple[str, ...] = get_args(Policy)

STATUS = re.compile(r"[1-5](xx|[0-9][0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRule:
    """Requests that fit all that it says are recorded, or are not.

    :raises ConfigError: when no request could fit it, or it does not say why not to record.
    """

    methods: tuple[str, ...] = say((), "One of these methods. `GET` includes `HEAD`.")
    path: str | None = say(
        None, "This path; `*` stands for anything, slashes too: `/api/reports/*`."
    )
    endpoint: str | None = say(None, "This endpoint; `*` stands for anything: `invoices.*`.")
    blueprint: str | None = say(None, "This blueprint, or one within it.")
    statuses: tuple[int | str, ...] = say(
        (), "Answered with one of these: `[404, '5xx']`.", of=int | str
    )
    record: bool = say(True, "Whether such a request is recorded.")
    reason: str | None = say(
        None, "Why not. `flask auditlog coverage` shows it; without it, `record` cannot be `False`."
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", tuple(method.upper() for method in self.methods))
        if unknown := sorted(set(self.methods) - set(HTTPMethod)):
            raise ConfigError(f"AUDITLOG_CAPTURE: a rule names the method {unknown[0]}.")
        if wrong := [status for status in self.statuses if not STATUS.fullmatch(str(status))]:
            raise ConfigError(
                f"AUDITLOG_CAPTURE: a rule names the status {wrong[0]}. "
                "A status is a number as 404, or '4xx' for all that begin so."
            )
        if self.path is not None and not self.path.startswith(("/", "*")):
            raise ConfigError("AUDITLOG_CAPTURE: the path of a rule begins with a slash or a *.")
        if not self.record and not (self.reason or "").strip():
            raise ConfigError(
                "AUDITLOG_CAPTURE: a rule that records nothing (record: False) needs a reason."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """``AUDITLOG_CAPTURE``: what is recorded by itself."""

    logins: bool = say(
        True,
        "Record logins and what is done to accounts, by whatever library does it.",
    )
    logins_at: tuple[str, ...] = say(
        (),
        "Endpoints that log in, beside flask-login's `login_view` and those of Flask-Security. A POST to one that logs nobody in is `access.LOGIN_ERROR`.",
    )
    login_fields: tuple[str, ...] = say(
        ("username", "email", "login", "identity", "user", "account", "name", "phone"),
        "Form fields or JSON keys of these endpoints that may hold who tried to log in. The first that is filled is kept.",
    )
    oauth_at: tuple[str, ...] = say(
        (),
        "Endpoints where an OAuth provider sends the user back to, if Authlib serves them.",
    )
    requests: bool = say(
        True, "Record requests, by the rules below, that nothing more specific was recorded in."
    )
    rules: tuple[RequestRule, ...] = say(
        (),
        "Which requests are recorded: a list of dicts of the keys below, of which the first that fits decides. "
        "Where none does, those that change something (`POST`, `PUT`, `PATCH`, `DELETE`) or are refused (401, 403).",
        of=RequestRule,
    )
    username: str | None = say(
        None,
        "Attribute of the logged-in user that is the username. Without it, the first that is there of `username`, `email`, `name`.",
    )
    invalid: Policy | None = say(
        None,
        "What becomes of an event that does not follow its definition: `refuse` or `flag`. Without it, one over the API is refused, and one from Python is flagged.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Redact:
    """``AUDITLOG_REDACT``: what is masked beside the built-in names and shapes."""

    names: tuple[str, ...] = say(
        (),
        "More field names whose values are masked, in any spelling (`iban` also masks `customerIban`).",
    )
    keep: tuple[str, ...] = say((), "Field names that are never masked by name. Shapes still are.")
    hash: tuple[str, ...] = say(
        (),
        "Field names whose values are told by a keyed hash, `[hmac:…]`: equal ones can still be matched.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``AUDITLOG_LIMITS``: sizes and times, each with its unit."""

    event_bytes: int = say(64 * 1024, "Largest event, in bytes of JSON.")
    value_bytes: int = say(
        2000, "Longest value of a change, in bytes of JSON. Of a longer one the beginning is kept."
    )
    bulk_rows: int = say(
        100,
        "Most rows of one bulk write that get an event each. Of more, one event says how many.",
    )
    batch_events: int = say(10_000, "Most events in one POST.")
    batch_bytes: int = say(32 * 1024 * 1024, "Largest body of a POST, in bytes.")
    page_size: int = say(50, "Records on a page when `limit` does not say.")
    page_max: int = say(1000, "Largest `limit`.")
    query_seconds: float = say(10.0, "Longest a search may run, in seconds.")
    refusals: int = say(
        5,
        "Equal refused requests of one caller in a minute that are recorded one by one. The rest are counted into one event.",
    )
    waiting: int = say(
        2, "Most requests for the feed of a process that wait at once. More are answered at once."
    )
    exports: int = say(
        4,
        "Most exports that a process streams at once. More are refused with 429, to be tried again.",
    )
    export_events: int = say(
        100_000,
        "Most events that a page sends as a file at once. A file of more is made in the background.",
    )
    export_hours: float = say(24.0, "Hours that a file which was made so can be fetched.")
    write_seconds: float = say(10.0, "Longest an append may wait for the log, in seconds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """``AUDITLOG_VIEWER``: how the viewer looks to your customers."""

    product: str | None = say(None, "What it calls your product. Without it, the app's name.")
    stylesheet: str | None = say(
        None,
        "Path of a stylesheet on the same host that comes after ours, as `/static/viewer.css`. It sets our CSS variables.",
    )

    def __post_init__(self) -> None:
        path = self.stylesheet
        if path is not None and (not path.startswith("/") or path[1:2] in ("/", "\\")):
            raise ConfigError(
                "AUDITLOG_VIEWER: stylesheet is a path on the same host and begins with one slash."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """``AUDITLOG_WEBHOOKS``: how events are delivered to webhooks."""

    per_realm: int = say(
        50, "Most webhooks of one realm, and of each organization in it beside them."
    )
    timeout: float = say(
        15.0,
        "Seconds that an attempt may take, from the first byte to the last, where a webhook does not say. At most 30.",
    )
    # Ten within 75 hours and 35 minutes, as Svix has it: who is down over a weekend misses nothing.
    schedule: tuple[int | float, ...] = say(
        (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
        "The pause before each attempt, in seconds; each is up to a fifth longer or shorter. After the last one a delivery is exhausted.",
        of=int | float,
    )
    in_flight: int = say(64, "Most deliveries that one process sends at a time.")
    lease: float = say(
        60.0,
        "Seconds after which a delivery is taken from a process that does not say any more that it is at it.",
    )
    catch_all_url: str | None = say(
        None, "The operator's own webhook, which gets every event of every realm."
    )
    catch_all_secret: str | None = say(None, "What its deliveries are signed with.")
    bodies_days: int = say(30, "Days that the answers of receivers are kept.")
    attempts_days: int = say(90, "Days that ended deliveries and their attempts are kept.")
