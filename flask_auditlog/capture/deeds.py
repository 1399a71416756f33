"""What libraries tell of logins and accounts, put together when the request is over.

One act of a person may be told by two signals, and by none when it failed. The signals come
before the host has committed what they tell of; at the end of the request it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

import msgspec
from flask import has_request_context
from flask import Request
from flask import request

from ..event import Actor
from ..event import Draft
from ..recorder import Context
from ..recorder.given import person
from ..state import begun
from ..state import note
from ..state import State
from . import capture
from . import captured
from . import harmless
from .noise import refused
from .requests import asked

Read = Callable[[Any], Actor]


_DENIED = "PERMISSION_DENIED"


def _now() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something a person did, as far as it is known while the request runs.

    :param type: of the event, without ``access.`` and ``_ERROR``.
    :param error: a code, when it failed.
    :param user: whose account it was done to; ``read`` makes an actor of it.
    :param theirs: it proves who did it, so that it was the user though nobody is logged in.
    :param often: anybody may cause many; those beyond a rate are counted.
    """

    type: str
    error: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    user: Any = None
    read: Read | None = None
    theirs: bool = False
    often: bool = False
    # Now and at the end: a new user has no id yet, and one of a closed session none any more.
    known: Actor | None = None
    time: int = field(default_factory=_now)

    @property
    def name(self) -> str:
        """The whole type of the event."""
        twin = self.error is not None and self.type != _DENIED
        return f"access.{self.type}{'_ERROR' if twin else ''}"


_DEEDS = "flask_auditlog.deeds"


def deeds() -> list[Deed]:
    """Return what was told in this request and is not recorded yet. It may be changed."""
    found: list[Deed] = request.environ.setdefault(_DEEDS, [])
    return found


def tell(state: State, deed: Deed) -> None:
    """Record *deed* when the request is over; at once, outside of one."""
    if deed.user is not None and deed.read is not None:
        deed = replace(deed, known=deed.read(deed.user))
    if has_request_context():
        deeds().append(deed)
    else:
        record(state, deed)


def to(deed: Deed, user: Any, read: Read) -> Deed:
    """Return *deed* as one that was done to *user*."""
    return replace(deed, user=user, read=read)


def with_details(deed: Deed, details: Mapping[str, Any]) -> Deed:
    """Return *deed* with more details."""
    return replace(deed, details={**deed.details, **details})


def refuse(state: State, error: str, kind: str = _DENIED) -> None:
    """Record that somebody was refused, once a request: two libraries may tell of it."""
    deed = Deed(type=kind, error=error, often=True, details=asked(state))
    if deed.name not in types():
        tell(state, deed)


def told(asked: Request) -> bool:
    """Whether anything was told in this request that is not recorded yet."""
    return bool(asked.environ.get(_DEEDS))


def types() -> set[str]:
    """Return the types of what was recorded or told in this request."""
    visit = begun()
    return {deed.name for deed in request.environ.get(_DEEDS, ())} | (
        visit.types if visit else set()
    )


def record_all(state: State, failure: str | None = None) -> None:
    """Record what was told in this request.

    :param failure: what ended the request before the host could commit: nothing was done.
        What was sent is sent.
    """
    found: Sequence[Deed] = request.environ.pop(_DEEDS, ())
    for deed in found:
        with harmless(state):
            failed = failure and deed.error is None and not deed.type.startswith("SEND_")
            record(state, replace(deed, error=failure) if failed else deed)


def record(state: State, deed: Deed) -> None:
    """Record *deed*."""
    user = _concerned(deed)
    context = _context(captured(), user if deed.theirs else None)
    path = f"users/{user.user_id}" if user and user.user_id else None
    draft = Draft(
        type=deed.name,
        time=deed.time,
        error=deed.error,
        resource_type="USER" if path else None,
        resource_path=path,
        details={**deed.details, **_named(user, context)} or None,
    )
    note(draft.type)
    if deed.often:
        refused(state, draft, context)
    else:
        capture(state, draft, context)


def _named(user: Actor | None, context: Context) -> dict[str, Any]:
    """Say whose account it was, if it was not that of who did it."""
    if user is None or user.username is None:
        return {}
    same = context.actor is not None and context.actor.user_id == user.user_id

    return {} if same else {"username": user.username}


def _concerned(deed: Deed) -> Actor | None:
    """Return whose account it was: by its id, which a new one has when it is committed."""
    if deed.known is None or deed.known.user_id is not None or deed.read is None:
        return deed.known
    try:
        return deed.read(deed.user)
    except Exception:  # noqa: BLE001 (the host's; its session is closed)
        return deed.known


def _context(context: Context, user: Actor | None) -> Context:
    """Name *user* as who did it, unless somebody else is logged in."""
    actor = context.actor or Actor()
    if user is None or (actor.user_id or actor.username or user.user_id) != user.user_id:
        return context
    actor = msgspec.structs.replace(actor, user_id=user.user_id, username=user.username)

    return replace(context, actor=person(actor, context.realm))
