"""Where somebody asks for exports that are made in the background, and fetches them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import Literal

import msgspec

from ...errors import Conflict
from ...errors import NotFound
from ...errors import QueryTimeout
from ...event import Actor
from ...event import new_uid
from ...export import Format
from ...recorder import Context
from ...state import State
from ...store import Query
from ...store import Scope
from ...store import Store
from ...store.promises.files import File
from ..args import query_from
from ..args import to_params
from ..ids import is_id
from ..reads import masked
from ..reads import record_read
from .exporter import exporter_of
from .making import note_end

# What somebody may have made at a time, and how many are shown to them.
MOST, SHOWN = 3, 20
# Counting what there will be stops here.
COUNTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one reader stands.

    :param scope: what they may see.
    :param context: who they are.
    :param door: by which they came. Whoever came by another is somebody else: a customer's id
        may be an employee's too.
    """

    state: State
    scope: Scope
    context: Context
    door: Literal["", "viewer "] = ""

    @property
    def owner(self) -> str:
        """Whose exports these are: nobody else has them, whatever they may see."""
        actor = self.context.actor or Actor()
        if actor.user_id:
            return f"{self.door}user {actor.user_id}"

        return f"{self.door}name {actor.username}" if actor.username else "nobody"

    def is_large(self, query: Query) -> bool:
        """Whether there is more than is sent at once, or so much that it cannot be counted."""
        most = self.state.settings.limits.export_events
        try:
            return not self.state.store.count(query, self.scope, at_most=most).exact
        except QueryTimeout:
            return True

    def begin(self, query: Query, kind: Format, columns: str | None) -> File:
        """Have a file made in the background.

        :raises QueryError: when it cannot be written so.
        :raises Conflict: when so many are being made for them.
        """
        layout = kind.layout(columns, positions=self.scope.shows_position)
        # Said now, and not in the background, if its package is not there.
        kind.writer(layout, 0)
        if sum(each.state == "running" for each in self.mine()) >= MOST:
            raise Conflict("So many exports of yours are being made already. Wait for one.")
        told: dict[str, Any] = {"format": kind.name}
        if columns:
            told["columns"] = columns.split(",")
        # First: also if we die here, it is known that somebody asked for it.
        file_id = new_uid()
        began = record_read(
            self.scope, "export", query, None, reader=self.context, export=file_id, **told
        )
        draft = File(
            id=file_id,
            realm=self.scope.realm,
            organization_id=self.scope.organization_id,
            owner=self.owner,
            actor=msgspec.json.encode(self.context.actor or Actor()).decode(),
            request_id=self.context.request_id,
            format=kind.name,
            columns=columns,
            query=_text(query),
            asked=_text(masked(query, self.state.recorder)),
            planned=self._planned(query),
            began=began.uid,
        )
        made = self.state.store.files.begin(draft, most=MOST)
        exporter_of(self.state).wake()

        return made

    def mine(self) -> list[File]:
        """What was asked for lately, newest first."""
        return self.state.store.files.mine(self.owner, self.scope, limit=SHOWN)

    def cancel(self, file_id: str) -> File:
        """End one, or let go what is made. :raises NotFound: when it is not theirs."""
        file = self._find(file_id)
        ended = self.state.store.files.cancel(file.id, self.owner, self.scope)
        if file.state == "running":
            note_end(file, Query(), {"complete": False, "cancelled": True})

        return ended

    def fetch(self, file_id: str) -> tuple[File, Iterator[bytes]]:
        """Return one that is made, and its bytes. That it was fetched is recorded.

        :raises NotFound: when it is not theirs, not made yet, or not there any more.
        """
        file = self._find(file_id)
        is_over = file.expires_time is not None and file.expires_time <= now()
        if file.state != "done" or is_over:
            raise NotFound("There is no such export, or it is not there any more.")
        asked = query_from(msgspec.json.decode(file.asked), also=())
        record_read(self.scope, "fetch", asked, file.records, reader=self.context, export=file.id)

        return file, _chunks(self.state.store, file)

    def _find(self, file_id: str) -> File:
        files = self.state.store.files
        found = files.get(file_id, self.owner, self.scope) if is_id(file_id) else None
        if found is None:
            raise NotFound("There is no such export.")

        return found

    def _planned(self, query: Query) -> int | None:
        try:
            count = self.state.store.count(query, self.scope, at_most=COUNTED)
        except QueryTimeout:
            return None

        return count.value if count.exact else None


def now() -> int:
    """The time, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _text(query: Query) -> str:
    return msgspec.json.encode(to_params(query)).decode()


def _chunks(store: Store, file: File) -> Iterator[bytes]:
    """The bytes of a file. It breaks off, and is seen to, when somebody lets it go meanwhile."""
    for number in range(file.chunks):
        data = store.files.chunk(file, number)
        if data is None:
            raise NotFound("The export was let go while it was fetched.")
        yield data
