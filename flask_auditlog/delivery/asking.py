"""Who asks for events to be sent again: what they may ask, and that it is on record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..errors import Fault
from ..errors import InvalidWebhook
from ..errors import NotFound
from ..recorder import Context
from ..state import State
from ..store import Count
from ..store import Scope
from ..store.promises.again import Asked
from ..store.promises.again import RATE_LEAST
from ..store.promises.again import RATE_MOST
from ..store.promises.again import Replay
from . import acts
from .replaying import wanted

# The fields by their names on the wire.
_TIMES = {"after": "after", "before": "before"}
_POSITIONS = {"after_position": "afterPosition", "before_position": "beforePosition"}
_LARGEST = 2**63 - 1


class Asking:
    """Where one caller has events sent again to the endpoints of a scope.

    :param scope: what the caller may see.
    :param context: who they are, for the log.
    """

    def __init__(self, state: State, scope: Scope, context: Context) -> None:
        self._state = state
        self._scope = scope
        self._context = context

    def count(self, endpoint_id: str, asked: Asked) -> Count:
        """Return how many deliveries *asked* would make.

        :raises NotFound: when there is no such endpoint within the scope.
        :raises InvalidWebhook: when it cannot be asked so.
        """
        check(asked, self._scope)

        return self._state.store.replays.count(endpoint_id, self._scope, asked, wanted)

    def begin(self, endpoint_id: str, asked: Asked) -> Replay:
        """Begin a replay, which goes on by itself where deliveries are sent.

        :raises NotFound: when there is no such endpoint within the scope.
        :raises InvalidWebhook: when it cannot be asked so.
        :raises WebhookDisabled: when the endpoint is disabled.
        :raises Conflict: when another replay of it is running.
        """
        check(asked, self._scope)
        job = self._state.store.replays.begin(
            endpoint_id, self._scope, asked, wanted, created_by=acts.who(self._context)
        )
        details = {"action": "replay", "replay": job.id, **_told(asked), "planned": job.planned}
        self._note(endpoint_id, details)

        return job

    def cancel(self, replay_id: str, endpoint_id: str | None = None) -> Replay:
        """End a replay; what of it was not sent yet is cancelled.

        :param endpoint_id: the endpoint that it is said to be of.
        :raises NotFound: when there is none within the scope, or not of that endpoint.
        """
        known = self.find(replay_id, endpoint_id)
        job = self._state.store.replays.cancel(known.id, self._scope)
        details = {"action": "cancel-replay", "replay": job.id, "made": job.made}
        self._note(job.endpoint_id, details)

        return job

    def find(self, replay_id: str, endpoint_id: str | None = None) -> Replay:
        """Return a replay. :raises NotFound: as :meth:`cancel` does."""
        job = self._state.store.replays.get(replay_id, self._scope)
        if job is None or endpoint_id not in (None, job.endpoint_id):
            raise NotFound("There is no such replay.")

        return job

    def _note(self, endpoint_id: str, details: dict[str, Any]) -> None:
        acts.note(self._state, self._scope, self._context, "ACTION", endpoint_id, details)


def check(asked: Asked, scope: Scope) -> None:
    """Raise :class:`InvalidWebhook` with everything that is wrong with *asked*. Pure."""
    faults = [*_numbers(asked), *_range(asked, scope)]
    if faults:
        raise InvalidWebhook(faults=faults)


def _numbers(asked: Asked) -> Iterator[Fault]:
    if not RATE_LEAST <= asked.rate <= RATE_MOST:
        message = f"rate is from {RATE_LEAST:g} to {RATE_MOST:g} deliveries a second."
        yield Fault("rate", message)
    for name, wire in (_TIMES | _POSITIONS).items():
        value = getattr(asked, name)
        if value is not None and not 0 <= value <= _LARGEST:
            yield Fault(wire, f"{wire} is a whole number from 0.")


def _range(asked: Asked, scope: Scope) -> Iterator[Fault]:
    given = [wire for name, wire in _POSITIONS.items() if getattr(asked, name) is not None]
    if asked.after is None and asked.after_position is None:
        recovers = asked.kind == "recover"
        yield Fault("since" if recovers else "after", "Say from which time on.")
    if given and asked.kind == "recover":
        yield Fault(given[0], "What failed is recovered by time, not by position.")
    elif given and not scope.shows_position:
        # Which events lie between two positions would tell how many others have.
        yield Fault(given[0], "Positions are for those who see the whole realm. Give times.")


def _told(asked: Asked) -> dict[str, Any]:
    """What was asked, as it stands in the log."""
    wire = _TIMES | _POSITIONS

    return {
        wire.get(name, name): value
        for name, value in msgspec.structs.asdict(asked).items()
        if value is not None and value is not False
    }
