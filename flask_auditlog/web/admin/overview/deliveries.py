"""How the webhooks do: those in trouble first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....delivery.settling import read_health
from ....state import current
from ....store.query import Scope
from ....store.webhooks import Endpoint
from .. import zones
from ..moments import now
from ..webhooks.list_page import Line
from ..webhooks.list_page import lines_of
from ..webhooks.standing import Standing
from ..webhooks.standing import standing_of

# So many are looked at for trouble, and so many told of.
LOOKED_AT, SHOWN = 100, 5
_TROUBLE = ("bad", "warn")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """``lines`` are some of the webhooks, of ``number`` in all; ``troubled`` is of ``looked_at``.

    ``attempts`` are those of a day, of all the lines, and ``success`` the share of them. Where
    there were many, that is of a sample: ``is_exact``.
    """

    lines: Sequence[Line]
    number: int
    looked_at: int
    troubled: int
    attempts: int
    success: float | None
    is_exact: bool

    @property
    def is_whole(self) -> bool:
        """Whether all webhooks are told of."""
        return len(self.lines) == self.number


def deliveries(scope: Scope) -> Deliveries:
    """Return how those do that may be seen."""
    store = current().store
    found = store.endpoints.all(scope, first=0, limit=LOOKED_AT)
    standings = _standings(found)
    ranked = sorted(found, key=lambda each: not _is_troubled(standings[each.id]))
    lines = lines_of(ranked[:SHOWN], scope)
    days = [line.statistics.day for line in lines]
    attempts = sum(day.attempts for day in days)
    succeeded = sum(day.attempts * day.success for day in days if day.success is not None)

    return Deliveries(
        lines=lines,
        number=store.endpoints.count(scope),
        looked_at=len(found),
        troubled=sum(map(_is_troubled, standings.values())),
        attempts=attempts,
        success=succeeded / attempts if attempts else None,
        is_exact=all(day.is_exact for day in days),
    )


def _standings(endpoints: Sequence[Endpoint]) -> dict[str, Standing]:
    kept, at = current().store.healths.of([each.id for each in endpoints]), now()

    return {
        each.id: standing_of(each, read_health(kept.get(each.id)), at, zones.here())
        for each in endpoints
    }


def _is_troubled(standing: Standing) -> bool:
    return standing.tone in _TROUBLE
