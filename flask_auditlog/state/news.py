"""What the log tells of itself when it is opened: that it was upgraded, that the app started."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import Any
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from ..errors import Conflict
from ..errors import SchemaMissing
from ..event import Draft
from ..event import STARTED
from ..event import UPGRADED
from ..logs import logger
from ..recorder import Context
from ..settings import Settings
from ..store import Query
from ..store import Scope
from . import shell

if TYPE_CHECKING:
    from ..store import SqlStore
    from .app import State

# They say where, or hold a secret: neither is how the log is configured.
_UNSAID = frozenset({"database_url", "redis_url", "keys"})


def tell(state: State, store: SqlStore) -> None:
    """Record what there is to tell of a store that was just opened. It never raises."""
    if not state.settings.enabled:
        return
    try:
        if store.upgraded is not None and store.upgraded.ran and store.upgraded.since:
            _record(
                state, UPGRADED, {"since": store.upgraded.since, "ran": list(store.upgraded.ran)}
            )
        if _is_started(state, store):
            _tell_started(state, store)
    except SchemaMissing:
        # Said to whoever opened it, in a moment.
        return
    except Exception:
        state.recorder.count("news_failed")
        logger.exception("that the app started could not be recorded")


def _is_started(state: State, store: SqlStore) -> bool:
    """Whether this is the app that serves: not a test, a command, or a log with no before."""
    return store.is_lasting and not state.app.testing and shell.command() is None


def _tell_started(state: State, store: SqlStore) -> None:
    """Record that the app started, if that is news: a version or configuration of its own."""
    details = _how(state)
    scope = Scope(realm=state.settings.realms[0], organization_id=None)
    mine = Query(type=STARTED, details=(("app", state.app.name),))
    # Whoever may publish as others can send such an event, but never from "system".
    known = [
        record.event
        for record in store.find(mine, scope, limit=10).records
        if record.event.source == "system"
    ]
    last = known[0] if known else None
    if last is not None and (last.details or {}).get("digest") == details["digest"]:
        return
    # Processes that start at once name it alike, and the log keeps one.
    name = f"{state.app.name} {details['digest']} {last and last.uid}"
    try:
        _record(state, STARTED, details, uid=str(UUID(hex=_digest(name))))
    except Conflict:
        return


def _record(state: State, type_: str, details: dict[str, Any], *, uid: str | None = None) -> None:
    context = Context(realm=state.settings.realms[0], source="system", trusted=True)
    state.recorder.record(Draft(type=type_, details=details, uid=uid), context)


def _how(state: State) -> dict[str, Any]:
    """Return how the app is audited, and a digest of it. Without a secret, and without a place."""
    said: dict[str, Any] = {
        "app": state.app.name,
        "version": our_version(),
        "settings": state.recorder.masked(_changed(state.settings)),
        "hooks": sorted(state.hooks),
        "tracked": sorted(f"{m.__module__}.{m.__qualname__}" for m in state.tracked.models),
        "defined": sorted(f"{each.type} {each.version}" for each in state.catalogue),
    }
    digest = _digest(msgspec.json.encode(said).decode())
    # There may be hundreds of these, and the report of what is covered names them.
    numbers = {name: len(said[name]) for name in ("tracked", "defined")}

    return {**said, **numbers, "digest": digest}


def _changed(settings: Settings) -> Mapping[str, Any]:
    """Return the settings that are not as they come."""
    return {
        each.name: asdict(value) if hasattr(value, "__dataclass_fields__") else value
        for each in fields(settings)
        if each.name not in _UNSAID and (value := getattr(settings, each.name)) != each.default
    }


def our_version() -> str:
    """Return the version of this package, as it is installed."""
    try:
        return version("flask-auditlog")
    except PackageNotFoundError:  # a checkout that was not installed
        return "unknown"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
