"""Everything ``AUDITLOG_*`` can say, as one typed, frozen table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import is_dataclass
from http import HTTPMethod
from typing import Any
from typing import get_args
from typing import Literal

from .errors import ConfigError

PREFIX = "AUDITLOG_"
WORKERS = ("embedded", "external")
# What becomes of an event that does not follow the definition of its type.
Policy = Literal["refuse", "flag"]
POLICIES: tuple[str, ...] = get_args(Policy)

REALM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
STATUS = re.compile(r"[1-5](xx|[0-9][0-9])")


def _say(default: Any, help: str, *, of: Any = str) -> Any:  # noqa: A002
    """A setting. *of* is what a list holds."""
    return field(default=default, metadata={"help": help, "of": of})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRule:
    """Requests that fit all that it says are recorded, or are not.

    :raises ConfigError: when no request could fit it, or it does not say why not to record.
    """

    methods: tuple[str, ...] = _say((), "One of these methods. `GET` includes `HEAD`.")
    path: str | None = _say(
        None, "This path; `*` stands for anything, slashes too: `/api/reports/*`."
    )
    endpoint: str | None = _say(None, "This endpoint; `*` stands for anything: `invoices.*`.")
    blueprint: str | None = _say(None, "This blueprint, or one within it.")
    statuses: tuple[int | str, ...] = _say(
        (), "Answered with one of these: `[404, '5xx']`.", of=int | str
    )
    record: bool = _say(True, "Whether such a request is recorded.")
    reason: str | None = _say(
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

    logins: bool = _say(
        True,
        "Record logins and what is done to accounts, by whatever library does it.",
    )
    logins_at: tuple[str, ...] = _say(
        (),
        "Endpoints that log in, beside flask-login's `login_view` and those of Flask-Security. A POST to one that logs nobody in is `access.LOGIN_ERROR`.",
    )
    login_fields: tuple[str, ...] = _say(
        ("username", "email", "login", "identity", "user", "account", "name", "phone"),
        "Form fields or JSON keys of these endpoints that may hold who tried to log in. The first that is filled is kept.",
    )
    oauth_at: tuple[str, ...] = _say(
        (),
        "Endpoints where an OAuth provider sends the user back to, if Authlib serves them.",
    )
    requests: bool = _say(
        True, "Record requests, by the rules below, that nothing more specific was recorded in."
    )
    rules: tuple[RequestRule, ...] = _say(
        (),
        "Which requests are recorded: a list of dicts of the keys below, of which the first that fits decides. "
        "Where none does, those that change something (`POST`, `PUT`, `PATCH`, `DELETE`) or are refused (401, 403).",
        of=RequestRule,
    )
    username: str | None = _say(
        None,
        "Attribute of the logged-in user that is the username. Without it, the first that is there of `username`, `email`, `name`.",
    )
    invalid: Policy | None = _say(
        None,
        "What becomes of an event that does not follow its definition: `refuse` or `flag`. Without it, one over the API is refused, and one from Python is flagged.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Redact:
    """``AUDITLOG_REDACT``: what is masked beside the built-in names and shapes."""

    names: tuple[str, ...] = _say(
        (),
        "More field names whose values are masked, in any spelling (`iban` also masks `customerIban`).",
    )
    keep: tuple[str, ...] = _say((), "Field names that are never masked by name. Shapes still are.")
    hash: tuple[str, ...] = _say(
        (),
        "Field names whose values are told by a keyed hash, `[hmac:…]`: equal ones can still be matched.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``AUDITLOG_LIMITS``: sizes and times, each with its unit."""

    event_bytes: int = _say(64 * 1024, "Largest event, in bytes of JSON.")
    value_bytes: int = _say(
        2000, "Longest value of a change, in bytes of JSON. Of a longer one the beginning is kept."
    )
    bulk_rows: int = _say(
        100,
        "Most rows of one bulk write that get an event each. Of more, one event says how many.",
    )
    batch_events: int = _say(10_000, "Most events in one POST.")
    batch_bytes: int = _say(32 * 1024 * 1024, "Largest body of a POST, in bytes.")
    page_size: int = _say(50, "Records on a page when `limit` does not say.")
    page_max: int = _say(1000, "Largest `limit`.")
    query_seconds: float = _say(10.0, "Longest a search may run, in seconds.")
    refusals: int = _say(
        5,
        "Equal refused requests of one caller in a minute that are recorded one by one. The rest are counted into one event.",
    )
    write_seconds: float = _say(10.0, "Longest an append may wait for the log, in seconds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything ``AUDITLOG_*`` can say."""

    database_url: str | None = _say(
        None, "SQLAlchemy URL of the log's database: PostgreSQL or SQLite."
    )
    enabled: bool = _say(True, "`False` records nothing, and says so when the app starts.")
    realms: tuple[str, ...] = _say(
        ("default",),
        "Realms that are there without `flask auditlog realm add`. The first is where the app's own events go.",
    )
    url_prefix: str = _say("/audit", "Where the admin pages are.")
    api_prefix: str | None = _say(
        None,
        "Where the API is, if not under `AUDITLOG_URL_PREFIX`. `/auth` gives Phase Two's paths.",
    )
    worker: str = _say(
        "embedded",
        "Where the background work is done: `embedded`, in a thread of the app's process, or `external`, by `flask auditlog move`.",
    )
    capture: Capture = _say(Capture(), "What is recorded by itself: a dict of the keys below.")
    redact: Redact = _say(
        Redact(), "What is masked beside the built-in names and shapes: a dict of the keys below."
    )
    limits: Limits = _say(Limits(), "Sizes and times: a dict of the keys below.")
    keys: tuple[str, ...] = _say(
        (),
        "Secrets for session hashes and cursors, newest first. Without it, one is made from the app's `SECRET_KEY`.",
    )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Read a Flask config.

        :raises ConfigError: for a key that does not exist or a value that cannot be.
        """
        given = {k[len(PREFIX) :].lower(): v for k, v in config.items() if k.startswith(PREFIX)}
        settings: Settings = _build(cls, given, PREFIX)
        _check(settings)
        _check_worker(settings.worker)

        return settings


def _build(kind: type[Any], given: Mapping[str, Any], prefix: str) -> Any:
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(given.keys() - known.keys()):
        shown = PREFIX if prefix == PREFIX else ""
        names = ", ".join(f"{shown}{_key(prefix, name)}" for name in sorted(known))
        raise ConfigError(f"Unknown config {prefix}{_key(prefix, unknown[0])}. Known: {names}.")

    return kind(**{name: _value(known[name], value, prefix) for name, value in given.items()})


def _key(prefix: str, name: str) -> str:
    return name.upper() if prefix == PREFIX else name


def _value(spec: Any, value: Any, prefix: str) -> Any:
    """Return *value* in the type of the setting's default, or raise."""
    where = f"{prefix}{_key(prefix, spec.name)}"
    if value is None and spec.default is None:
        return None
    kind = type(spec.default)
    if kind is tuple:
        return _list(where, value, spec.metadata["of"])

    return _READ[kind](where, value) if kind in _READ else _group(where, value, kind)


def _group(where: str, value: Any, kind: type[Any]) -> Any:
    if isinstance(value, Mapping):
        return _build(kind, value, f"{where}: ")
    return _expect(where, value, kind, "a dict")


def _list(where: str, value: Any, kind: type[Any]) -> tuple[Any, ...]:
    # The value is not repeated: it may be a key.
    if isinstance(value, str):
        raise ConfigError(f"{where} must be a list, not one string. ")
    items = tuple(_expect(where, value, (list, tuple, set, frozenset), "a list"))
    if is_dataclass(kind):
        return tuple(_group(f"{where}[{place}]", item, kind) for place, item in enumerate(items))
    words = "strings" if kind is str else "strings or whole numbers"
    for item in items:
        _expect(where, item, kind, f"a list of {words}")
    return items


def _expect(where: str, value: Any, kind: Any, words: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{where} must be {words}, not {type(value).__name__}.")
    return value


# How a value is read, by the type of the setting's default.
_READ: Mapping[type[Any], Callable[[str, Any], Any]] = {
    bool: lambda where, value: _expect(where, value, bool, "True or False"),
    int: lambda where, value: _expect(where, value, int, "a whole number"),
    float: lambda where, value: float(_expect(where, value, (int, float), "a number")),
    str: lambda where, value: _expect(where, value, str, "a string"),
    type(None): lambda where, value: _expect(where, value, str, "a string"),
}


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


def _check_worker(worker: str) -> None:
    if worker not in WORKERS:
        raise ConfigError(f"AUDITLOG_WORKER must be one of {', '.join(WORKERS)}.")


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
