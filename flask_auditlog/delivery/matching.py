"""Which events an endpoint wants."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import QueryError
from ..event import READ_TYPE
from ..event import Record
from ..event import WEBHOOK_TEST
from ..store.language.judging import Subject
from ..store.webhooks import Endpoint
from ..store.webhooks import EVERY_REALM
from ..wildcards import is_like
from .filters import judge

# Most patterns of one endpoint, and the longest of them.
PATTERNS = 200
PATTERN_CHARS = 255

# What the system tells of webhooks by itself.
OPERATIONAL = "system.WEBHOOK_"

# Most answers that are kept of one list of patterns.
_KEPT = 1000


def check_patterns(given: Sequence[object]) -> tuple[str, ...]:
    """Return the patterns of an endpoint.

    :raises InvalidEvent: when one is not a pattern, or there are too many.
    """
    if len(given) > PATTERNS:
        raise InvalidEvent(faults=[Fault("eventTypes", f"At most {PATTERNS} event types.")])
    faults = [
        Fault("eventTypes", said, index)
        for index, pattern in enumerate(given)
        if (said := _wrong(pattern)) is not None
    ]
    if faults:
        raise InvalidEvent(faults=faults)

    return tuple(dict.fromkeys(str(pattern) for pattern in given))


def _wrong(pattern: object) -> str | None:
    if not isinstance(pattern, str) or not 0 < len(pattern) <= PATTERN_CHARS:
        return f"An event type is a text of 1 to {PATTERN_CHARS} characters; * stands for anything."
    if not pattern.isprintable():
        return "An event type has no line breaks or control characters."

    return None


class Matcher:
    """The endpoints that want an event, of many.

    :param endpoints: those of all realms. Of a disabled one the deliveries are held, so it
        is asked for as well.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._of_realm: dict[str, list[Endpoint]] = {}
        self._known: dict[tuple[str, str], tuple[Endpoint, ...]] = {}
        for endpoint in endpoints:
            self._of_realm.setdefault(endpoint.realm, []).append(endpoint)

    def wanting(self, record: Record) -> list[Endpoint]:
        """Return the endpoints that want the event of *record*.

        One of an organization sees that organization's events alone; none sees what is older
        than itself, what came from a client that it excludes (its own echoes), or what its
        filter does not find. A filter that nobody can read leaves nothing out: see `expand`.
        """
        event = record.event
        if self._of_realm.keys().isdisjoint((event.realm_id, EVERY_REALM)):
            return []
        client = event.auth_details.client_id if event.auth_details else None
        operational = event.type.startswith(OPERATIONAL)
        subject = Subject(event, record.body)

        return [
            each
            for each in self._by_type(event.realm_id, event.type)
            if record.position > each.since_position
            and each.organization_id in (None, event.organization_id)
            and (client is None or client not in each.exclude_clients)
            # That it fails is no news for who fails.
            and not (operational and event.resource_path == f"webhooks/{each.id}")
            and _passes(each, subject)
        ]

    def _by_type(self, realm: str, type_: str) -> tuple[Endpoint, ...]:
        known = self._known.get((realm, type_))
        if known is None:
            there = (*self._of_realm.get(realm, ()), *self._of_realm.get(EVERY_REALM, ()))
            known = tuple(each for each in there if _wants_type(each, type_))
            # Types are few; what a stranger makes up is not kept for ever.
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[realm, type_] = known

        return known


def _wants_type(endpoint: Endpoint, type_: str) -> bool:
    """Reads of the log are sent to who names them: a receiver that reads for each event it
    gets, and gets one for each read, would never end.
    """
    if type_ == WEBHOOK_TEST:
        # It goes to the one that is tested, which need not want it.
        return False
    patterns: Iterable[str] = endpoint.event_types
    if type_ == READ_TYPE:
        patterns = (each for each in patterns if each.startswith("admin.AUDIT_LOG"))

    return any(is_like(pattern, type_) for pattern in patterns)


def _passes(endpoint: Endpoint, subject: Subject) -> bool:
    try:
        finds = judge(endpoint.filter)
    except QueryError:
        return True

    return finds is None or finds(subject)
