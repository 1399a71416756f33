"""Who and where, as plain JSON that a job takes along to its worker."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import msgspec

from ..errors import AuditLogError
from ..event import Actor
from ..logs import logger
from ..recorder import Context
from ..recorder.given import organization_of
from ..recorder.given import person
from ..settings import check_realm_name
from .app import State
from .blocks import Work
from .blocks import working
from .visit import is_traceparent

# In characters: what a queue gives back is cut to what we would have made.
_LONGEST = 500


class _Carried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The names on the wire are those of an event."""

    realm_id: str | None = None
    organization_id: str | None = None
    auth_details: Actor | None = None
    on_behalf_of: Actor | None = None
    request_id: str | None = None
    traceparent: str | None = None


def carried(state: State, context: Context) -> dict[str, Any]:
    """Return what of *context* a job takes along: plain JSON, without a secret."""
    whole = _Carried(
        realm_id=context.realm,
        organization_id=context.organization_id,
        auth_details=context.actor,
        on_behalf_of=context.on_behalf_of,
        request_id=context.request_id,
        traceparent=context.traceparent,
    )
    plain: dict[str, Any] = msgspec.to_builtins(whole)

    return {name: _masked(state, value) for name, value in plain.items()}


def _masked(state: State, value: Any) -> Any:
    """Mask texts one by one, by their shape: their names are ours."""
    if isinstance(value, dict):
        return {name: _masked(state, each) for name, each in value.items()}
    return state.recorder.masked(value)


def resumed(given: Any, *, program: str | None = None) -> AbstractContextManager[None]:
    """Go on, inside the block, where :func:`carried` was called.

    :param given: what it returned. What it never returned came with a broken or forged
        message: it is logged, and then nobody asked for the work.
    :param program: the name of the job.
    """
    return working(_work_of(given, program and program[:_LONGEST]))


def _work_of(given: Any, program: str | None) -> Work:
    if given is None:
        return Work(program=program)
    try:
        whole = msgspec.convert(given, _Carried)
        organization = organization_of(whole.organization_id)
        request_id = whole.request_id and str(UUID(whole.request_id))
        realm = whole.realm_id and check_realm_name(whole.realm_id)
    except (AuditLogError, ValueError, msgspec.MsgspecError):
        logger.warning("what a job carried cannot be read; it is recorded without an actor")
        return Work(program=program)
    trace = whole.traceparent or ""

    return Work(
        realm=realm,
        organization_id=organization,
        actor=_person(whole.auth_details, realm),
        on_behalf_of=_person(whole.on_behalf_of, None),
        request_id=request_id,
        traceparent=trace if is_traceparent(trace) else None,
        program=program,
    )


def _person(actor: Actor | None, realm: str | None) -> Actor | None:
    return None if actor is None else person(actor, realm)
