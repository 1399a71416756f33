"""The only way in: complete, enrich, mask, check, encode, append, announce."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import AuditLogError
from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import ScopeError
from ..errors import StoreUnavailable
from ..event import Draft
from ..event import Entry
from ..event import Event
from ..event import filed
from ..event import Finished
from ..event import Receipt
from ..event import Record
from ..event import salted
from ..redact import Masker
from ..settings import Limits
from ..store import Key
from ..store import Store
from .catalogue import Checks
from .finish import Finisher
from .prepare import Context
from .prepare import prepare

__all__ = ["Context", "Recorder", "prepare"]

# Most faults told of one batch.
FAULTS = 100


class Recorder:
    """Records events of one app.

    :param store: gives the store; called for each append, since it is opened at first use.
    :param enrich: gives what the host's hook made of an event; ``None`` if it has no hook.
    :param announce: called with each new record after its commit.
    :param checks: the types that the host defined; none by default.
    """

    # AUDITLOG_ENABLED.
    enabled = True

    def __init__(
        self,
        store: Callable[[], Store],
        *,
        masker: Masker,
        limits: Limits,
        enrich: Callable[[Event], Event | None],
        announce: Callable[[Record], None],
        checks: Checks | None = None,
    ) -> None:
        self._store = store
        self._finisher = Finisher(
            masker=masker,
            limits=limits,
            enrich=enrich,
            count=self.count,
            checks=checks or Checks(),
        )
        self._announce = announce
        self._counted: Counter[str] = Counter()
        self._mutex = threading.Lock()

    @property
    def counters(self) -> dict[str, int]:
        """What happened since this process began: recorded, vetoed, and what failed."""
        return dict(self._counted)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter."""
        with self._mutex:
            self._counted[name] += number

    def after_fork(self) -> None:
        """Begin anew in a child process: another thread of the parent may hold the lock."""
        self._mutex = threading.Lock()

    def masked(self, value: Any) -> Any:
        """Return *value* without its secrets, for what is to be known before it is recorded."""
        return self._finisher.masked(value)

    def finish(self, draft: Draft, context: Context, *, plain: bool = False) -> Finished | None:
        """Return the finished event of *draft* and its bytes; ``None`` when it was vetoed.

        For who keeps it elsewhere, and appends it later: see :meth:`append`.

        :param plain: whether all that was given is JSON already: then it is not looked at.
        :raises InvalidEvent: when it is not one the log can store.
        :raises ScopeError: when the caller may not speak for that organization.
        """
        return self._finisher.finish(draft, context, plain=plain)

    def keep(self, event: Event) -> Entry:
        """Return the entry of an event that was finished before, elsewhere: masked as any other.

        :raises InvalidEvent: when it is larger than an event may be.
        """
        return salted(self._finisher.keep(event))

    def append(self, entries: Sequence[Entry]) -> None:
        """Add finished entries to the log, all or none, and announce those that are new.

        Appending the same entries again is safe.

        :raises Conflict: when a uid is there with another body.
        :raises StoreUnavailable: when the log cannot be reached.
        """
        self._append(entries, None)

    def record(self, draft: Draft, context: Context) -> Receipt:
        """Record one event; return once it is committed.

        :raises InvalidEvent: when it is not one the log can store.
        :raises NotFound: when the realm is not registered.
        :raises StoreUnavailable: when the log cannot be reached.
        """
        if not self.enabled:
            return Receipt(uid=None, state="disabled")
        self.check_realm(context.realm)
        done = self.finish(draft, context)
        if done is None:
            return Receipt(uid=None, state="vetoed")
        self.append([salted(done)])

        return Receipt(uid=done.event.uid, state="committed")

    def ingest(
        self,
        drafts: Iterable[Draft],
        context: Context,
        *,
        key: tuple[str, bytes] | None = None,
    ) -> str:
        """Record a batch, all or none; return the JSON array of its uids.

        :param drafts: each is finished before the next is asked for, and not kept.
        :param key: an Idempotency-Key and a digest of the body it came with. Who sends
            both again gets the first answer again.
        :raises AuditLogError: as :meth:`record`; faults carry the index of their event.
        """
        if not self.enabled:
            raise StoreUnavailable("The audit log is off (AUDITLOG_ENABLED).")
        self.check_realm(context.realm)
        try:
            batch = self._batch(drafts, context)
        except (InvalidEvent, ScopeError):
            # What was taken once is not refused when it is sent again: rules may have changed.
            if key is None or (answered := self._answered(context, *key)) is None:
                raise
            return answered
        uids = [each.event.uid if each else None for each in batch]
        kept = [each for each in batch if each is not None]
        _check_unique(uids)
        answer = msgspec.json.encode(uids).decode()
        whole = None
        if key is not None:
            whole = Key(
                token_id=context.token_id or "",
                realm=context.realm,
                value=key[0],
                request_digest=key[1],
                answer=answer,
            )

        if not kept and whole is None:
            return answer

        return self._append(kept, whole) or answer

    def check_realm(self, realm: str) -> None:
        """:raises NotFound: when *realm* is not registered."""
        self._store().realms.check(realm)

    def _batch(self, drafts: Iterable[Draft], context: Context) -> list[Entry | None]:
        batch: list[Entry | None] = []
        faults: list[Fault] = []
        kinds: set[type[AuditLogError]] = set()
        index = 0
        for index, draft in enumerate(drafts):
            try:
                done = self.finish(draft, context)
                batch.append(None if done is None else salted(filed(done)))
            except (InvalidEvent, ScopeError) as error:
                kinds.add(type(error))
                faults += _at(index, error)
                if len(faults) >= FAULTS:
                    break
        if not faults:
            return batch
        # A batch has one status: that of its faults if they agree, else the general one.
        kind = kinds.pop() if len(kinds) == 1 else InvalidEvent
        if issubclass(kind, InvalidEvent):
            raise kind(faults=faults[:FAULTS])
        place = f" It is event {faults[0].index} of the batch." if index > 0 else ""
        raise kind(f"{faults[0].message}{place}")

    def _answered(self, context: Context, value: str, request_digest: bytes) -> str | None:
        token_id = context.token_id or ""

        return self._store().answers.first(token_id, context.realm, value, request_digest)

    def _append(self, entries: Sequence[Entry], key: Key | None) -> str | None:
        appended = self._store().append(entries, key=key)
        # A record that was there already has the salt of the try that made it.
        salts = {entry.salt for entry in entries}
        new = [record for record in appended.records if record.salt in salts]
        self.count("recorded", len(new))
        for record in new:
            self._announce(record)

        return appended.answer


def _check_unique(uids: Sequence[str | None]) -> None:
    named = [uid for uid in uids if uid is not None]
    if len(set(named)) == len(named):
        return
    seen: set[str | None] = set()
    for index, uid in enumerate(uids):
        if uid in seen:
            message = "Another event of this batch has the same uid."
            raise InvalidEvent(faults=[Fault("uid", message, index)])
        seen.add(uid)


def _at(index: int, error: InvalidEvent | ScopeError) -> list[Fault]:
    if isinstance(error, InvalidEvent) and error.faults:
        return [Fault(f.field, f.message, index) for f in error.faults]
    return [Fault(None, str(error), index)]
