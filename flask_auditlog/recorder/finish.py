"""What was given -> an entry of the log: complete, enrich, mask, check, encode."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import TooLarge
from ..errors import Veto
from ..event import Draft
from ..event import Event
from ..event import Finished
from ..event import finished
from ..logs import logger
from ..redact import Masker
from ..settings import Limits
from .catalogue import Checks
from .catalogue.follow import followed
from .given import enriched_of
from .plain import clean
from .plain import DEPTH
from .prepare import Context
from .prepare import GIVEN_ON_BEHALF_OF
from .prepare import ON_BEHALF_OF
from .prepare import prepare


class Finisher:
    """Finishes events of one app. It knows no database.

    :param enrich: gives what the host's hook made of an event; ``None`` if it has no hook.
    :param count: adds one to a counter of that name.
    :param checks: the types that the host defined.
    """

    def __init__(
        self,
        *,
        masker: Masker,
        limits: Limits,
        enrich: Callable[[Event], Event | None],
        count: Callable[[str], None],
        checks: Checks,
    ) -> None:
        self._masker = masker
        self._limits = limits
        self._enrich = enrich
        self._count = count
        self._checks = checks

    def masked(self, value: Any) -> Any:
        """Return *value* without its secrets, for what is to be known before it is recorded."""
        return self._masker.value(clean(value))

    def keep(self, event: Event) -> Finished:
        """Return an event that was finished before, in a file, and its bytes: masked as any other.

        :raises InvalidEvent: when it is larger than an event may be.
        """
        return self._fitting(finished(self._masked(event)))

    def finish(self, draft: Draft, context: Context, *, plain: bool = False) -> Finished | None:
        """Return the finished event and its bytes, or ``None`` when it was vetoed.

        :param plain: whether all that was given is JSON already.
        :raises InvalidEvent: when it is not one the log can store.
        :raises ScopeError: when the caller may not speak for that organization.
        """
        event = prepare(draft, context, now=time.time_ns() // 1_000_000)
        try:
            event, touched = self._enriched(event)
        except Veto:
            self._count("vetoed")
            return None
        try:
            # What came as JSON is plain too, if no hook of the host touched it.
            if touched or not (plain or context.source == "api"):
                event = _plain(event)
            event = self._followed(event, draft)
            done = finished(self._masked(event))
        except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
            raise InvalidEvent(faults=[Fault("details", _NOT_JSON)]) from None

        return self._fitting(done)

    def _fitting(self, done: Finished) -> Finished:
        limit = self._limits.event_bytes
        if len(done.body) > limit:
            raise TooLarge(faults=[Fault(None, f"The event is larger than {limit} bytes.")])

        return done

    def _enriched(self, event: Event) -> tuple[Event, bool]:
        """Return what the host's hook made of *event*, and whether there was one."""
        try:
            enriched = self._enrich(event)
            if enriched is None:
                return event, False
            return enriched_of(enriched, event), True
        except Veto:
            raise
        except Exception:
            # The event is not lost for an error in the host's hook.
            self._count("before_record_failed")
            logger.exception("before_record failed; the event is recorded as it was")
            return event, True

    def _followed(self, event: Event, draft: Draft) -> Event:
        """Return *event* as its definition has it. One of no defined type stays as it is."""
        definition = self._checks.catalogue.get(event.type)
        if definition is None:
            return event
        given = _given(event, draft)
        event, faults = followed(event, definition, self._checks.invalid, given=given)
        if faults:
            self._count("flagged")
            message = "an event of %s does not follow version %s of its definition: %s faults"
            logger.warning(message, event.type, definition.version, faults)

        return event

    def _masked(self, event: Event) -> Event:
        """Mask what the host and its users wrote; what we made ourselves holds no secret."""
        changed = _changed(event, _WRITTEN, self._masker.text)
        if event.details is not None:
            details = self._masker.value(event.details)
            if details is not event.details:
                changed["details"] = details
        if event.auth_details is not None:
            who = _changed(event.auth_details, _NAMED, self._masker.text)
            if who:
                changed["auth_details"] = msgspec.structs.replace(event.auth_details, **who)

        return msgspec.structs.replace(event, **changed) if changed else event


_NOT_JSON = f"details must be JSON: an object no deeper than {DEPTH}, with text as keys."


# What is free text of an event and of an actor.
_WRITTEN = ("resource_type", "resource_path", "error", "user_agent", "representation")
_NAMED = ("realm_id", "client_id", "user_id", "username", "session_id")


def _changed(part: Any, names: Sequence[str], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the new values of those texts of *part* that *change* changes."""
    changed = {}
    for name in names:
        old = getattr(part, name)
        if old and (new := change(old)) is not old:
            changed[name] = new

    return changed


def _plain(event: Event) -> Event:
    """Return *event* with nothing in it that JSON does not know. :raises ValueError: as clean."""
    changed = _changed(event, _WRITTEN, clean)
    if event.details is not None and (details := clean(event.details)) is not event.details:
        changed["details"] = details

    return msgspec.structs.replace(event, **changed) if changed else event


# What `prepare` puts into the details.
_ADDED = ("givenTime", ON_BEHALF_OF, GIVEN_ON_BEHALF_OF)


def _given(event: Event, draft: Draft) -> Mapping[str, Any]:
    """Return the details as whoever gave them wrote them: that is what a definition speaks of."""
    now, before = event.details or {}, draft.details or {}
    added = {name for name in _ADDED if name in now and name not in before}
    moved = GIVEN_ON_BEHALF_OF in added
    if moved:
        added.add(ON_BEHALF_OF)
    if not added:
        return now
    given = {name: value for name, value in now.items() if name not in added}

    return {**given, ON_BEHALF_OF: now[GIVEN_ON_BEHALF_OF]} if moved else given
