"""Replays: what is sent again to an endpoint, in steps that a restart interrupts and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ...errors import Conflict
from ...errors import NotFound
from ...errors import WebhookDisabled
from ...errors import WebhookPolled
from ...event import new_uid
from ..followers import position_of
from ..promises.again import Asked
from ..promises.again import Replay
from ..promises.again import ReplayState
from ..promises.again import Wanted
from ..query import Count
from ..query import Scope
from ..search.reader import head
from ..search.reader import Reader
from ..webhooks import Delivery
from ..webhooks import Endpoint
from ..webhooks import FOLLOWER
from ..webhooks import REPLAYED
from ..writing import read_now
from ..writing import writing
from . import holding
from .deliveries import add
from .endpoints import held_still
from .endpoints import must_find
from .endpoints import within
from .picking import first_since
from .picking import Found
from .picking import page
from .removing import PIECE
from .tables import delivery
from .tables import endpoint
from .tables import PENDING
from .tables import replay

# Deliveries that are counted before a replay begins, in so many pages at most.
COUNTED, PAGES = 10_000, 40

# How much of a replay waits at a time: what is due within so many milliseconds, and no more
# than this of an endpoint that does not take it. So little is left to cancel, and a table of
# millions stays one of thousands.
AHEAD, BACKLOG = 10_000, 10_000

_UNFINISHED: tuple[ReplayState, ...] = ("running", "cancelling")


class SqlReplays:
    """See :class:`.again.Replays`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def count(self, endpoint_id: str, scope: Scope, asked: Asked, wanted: Wanted) -> Count:
        """See :meth:`.again.Replays.count`."""
        with self._reader.connect() as connection:
            known = must_find(connection, endpoint_id, scope, lock=False)
            job = _draft(connection, known, asked)
        found = 0
        for _ in range(PAGES):
            # A connection for each page: nothing waits for all of them.
            with self._reader.connect() as connection:
                some = page(connection, job, known, wanted, COUNTED)
            found += len(some.found)
            if found > COUNTED or some.is_last:
                return Count(value=min(found, COUNTED), exact=found <= COUNTED)
            job = msgspec.structs.replace(job, cursor=some.cursor)

        return Count(value=found, exact=False)

    def begin(
        self,
        endpoint_id: str,
        scope: Scope,
        asked: Asked,
        wanted: Wanted,
        *,
        created_by: str | None = None,
    ) -> Replay:
        """See :meth:`.again.Replays.begin`."""
        planned = self.count(endpoint_id, scope, asked, wanted)
        with writing(self._reader) as connection:
            known = must_find(connection, endpoint_id, scope)
            if known.is_only_polled:
                raise WebhookPolled
            if not known.enabled:
                raise WebhookDisabled
            others = sa.select(replay.c.id).where(
                replay.c.endpoint_id == endpoint_id, replay.c.state.in_(_UNFINISHED)
            )
            if connection.scalar(others.limit(1)) is not None:
                raise Conflict("A replay of this webhook is running. Wait for it, or cancel it.")
            made = msgspec.structs.replace(
                _draft(connection, known, asked),
                planned=planned.value,
                is_exact=planned.exact,
                created_by=created_by,
            )
            connection.execute(sa.insert(replay), msgspec.structs.asdict(made))

        return made

    def get(self, replay_id: str, scope: Scope) -> Replay | None:
        """See :meth:`.again.Replays.get`."""
        with self._reader.connect() as connection:
            return _one(connection, _SEEN.where(replay.c.id == replay_id, *within(scope)))

    def all(
        self, endpoint_id: str, scope: Scope, *, first: int = 0, limit: int = 100
    ) -> list[Replay]:
        """See :meth:`.again.Replays.all`."""
        statement = (
            _SEEN.where(replay.c.endpoint_id == endpoint_id, *within(scope))
            .order_by(replay.c.id.desc())
            .offset(first)
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return [Replay(**row) for row in connection.execute(statement).mappings()]

    def unfinished(self) -> list[Replay]:
        """See :meth:`.again.Replays.unfinished`."""
        statement = (
            sa.select(*replay.c).where(replay.c.state.in_(_UNFINISHED)).order_by(replay.c.id)
        )
        with self._reader.connect() as connection:
            return [Replay(**row) for row in connection.execute(statement).mappings()]

    def step(self, replay_id: str, wanted: Wanted, *, limit: int) -> Replay | None:
        """See :meth:`.again.Replays.step`."""
        with writing(self._reader) as connection:
            mine = sa.select(*replay.c).where(
                replay.c.id == replay_id, replay.c.state.in_(_UNFINISHED)
            )
            job = _one(connection, mine.with_for_update(skip_locked=True))
            if job is None:
                return None
            known = held_still(connection, job.endpoint_id)
            if known is None or job.state == "cancelling":
                return _cancelled(connection, job)

            return _made(connection, job, known, wanted, limit)

    def cancel(self, replay_id: str, scope: Scope) -> Replay:
        """See :meth:`.again.Replays.cancel`."""
        job = self.get(replay_id, scope)
        if job is None:
            raise NotFound("There is no such replay.")
        while job.state != "cancelled":
            with writing(self._reader) as connection:
                mine = sa.select(*replay.c).where(replay.c.id == replay_id).with_for_update()
                # Whoever has the next step goes on with it, should this process die.
                job = _cancelled(connection, Replay(**connection.execute(mine).mappings().one()))

        return job


_SEEN = sa.select(*replay.c).join(endpoint, endpoint.c.id == replay.c.endpoint_id)


def _one(connection: sa.Connection, statement: sa.Select[Any]) -> Replay | None:
    row = connection.execute(statement).mappings().one_or_none()

    return Replay(**row) if row is not None else None


def _draft(connection: sa.Connection, known: Endpoint, asked: Asked) -> Replay:
    """What was asked, as a replay that begins now."""
    now = read_now(connection)
    after, before = _range(connection, known, asked) if asked.kind != "recover" else (0, 0)

    return Replay(
        id=new_uid(),
        endpoint_id=known.id,
        kind=asked.kind,
        after_time=asked.after,
        before_time=asked.before,
        after_position=after,
        before_position=max(after, before),
        held=asked.held,
        rate=asked.rate,
        cursor="" if asked.kind == "recover" else str(after - 1),
        due_time=now,
        created_time=now,
        updated_time=now,
    )


def _range(connection: sa.Connection, known: Endpoint, asked: Asked) -> tuple[int, int]:
    """The positions that were asked for. What is sent by itself some day is not among them."""
    sent = max(position_of(connection, FOLLOWER), known.since_position)
    ends = [min(sent, head(connection)) + 1]
    starts = [1]
    if asked.after is not None:
        starts.append(first_since(connection, asked.after))
    if asked.after_position is not None:
        starts.append(asked.after_position)
    if asked.before is not None:
        ends.append(first_since(connection, asked.before))
    if asked.before_position is not None:
        ends.append(asked.before_position)

    return max(starts), min(ends)


def _made(
    connection: sa.Connection, job: Replay, known: Endpoint, wanted: Wanted, limit: int
) -> Replay:
    now = read_now(connection)
    due = max(now, job.due_time)
    room = min(limit, _room(connection, job, known, due - now))
    if room < 1:
        return job
    some = page(connection, job, known, wanted, room)
    found = _without_held(connection, some.found)
    pace = 1000 / job.rate
    add(
        connection,
        [
            Delivery(
                id=new_uid(),
                endpoint_id=known.id,
                position=each.position,
                type=each.type,
                batch=job.id,
                cause="replay",
                lane=REPLAYED,
                due_time=due + int(number * pace),
            )
            for number, each in enumerate(found)
        ],
        now,
    )

    return _kept(
        connection,
        job,
        cursor=some.cursor,
        made=job.made + len(found),
        due_time=due + int(len(found) * pace),
        updated_time=now,
        state="done" if some.is_last else "running",
        finished_time=now if some.is_last else None,
    )


def _room(connection: sa.Connection, job: Replay, known: Endpoint, ahead: int) -> int:
    """How many deliveries may be added now."""
    if not known.enabled or ahead >= AHEAD:
        return 0
    some = (
        sa.select(delivery.c.id)
        .where(delivery.c.endpoint_id == known.id, PENDING, delivery.c.lane == REPLAYED)
        .limit(BACKLOG)
    )
    waiting = connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0

    return min(BACKLOG - waiting, max(1, int((AHEAD - ahead) * job.rate / 1000)))


def _without_held(connection: sa.Connection, found: Sequence[Found]) -> list[Found]:
    """*found*, and an end of what was held of them. What was let go meanwhile is left alone."""
    held = [each.held for each in found if each.held is not None]
    if not held:
        return list(found)
    ended = holding.replace(connection, held)

    return [each for each in found if each.held is None or each.held in ended]


def _cancelled(connection: sa.Connection, job: Replay) -> Replay:
    """Cancel a piece of what waits of a replay, and with the last one the replay."""
    count = holding.cancel(connection, job.endpoint_id, batch=job.id, limit=PIECE)
    now = read_now(connection)
    if count == PIECE:
        return _kept(connection, job, state="cancelling", updated_time=now)

    return _kept(connection, job, state="cancelled", updated_time=now, finished_time=now)


def _kept(connection: sa.Connection, job: Replay, **changes: Any) -> Replay:
    connection.execute(sa.update(replay).where(replay.c.id == job.id).values(**changes))

    return msgspec.structs.replace(job, **changes)
