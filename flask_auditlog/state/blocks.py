"""What holds inside a ``with`` block: who acts, or the work that goes on where another began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from typing import Generic
from typing import TypeVar

from flask import has_request_context

from ..event import Actor
from .visit import Visit
from .visit import visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a block of ``audit.actor`` says. Without an actor it is whoever it was before."""

    actor: Actor | None
    on_behalf_of: Actor | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job, and what it carries of where it was asked for. ``program`` is its name."""

    realm: str | None = None
    organization_id: str | None = None
    actor: Actor | None = None
    on_behalf_of: Actor | None = None
    request_id: str | None = None
    traceparent: str | None = None
    program: str | None = None


Said = TypeVar("Said", Named, Work)


@dataclass(frozen=True, slots=True)
class _Block(Generic[Said]):
    """What was said, and the request it was said in: it holds in no other one.

    A generator that is left in the middle of its block leaves it open in its thread, and
    the next request of that thread is somebody else's.
    """

    said: Said
    visit: Visit | None


_named: ContextVar[_Block[Named] | None] = ContextVar("auditlog_named", default=None)
_work: ContextVar[_Block[Work] | None] = ContextVar("auditlog_work", default=None)


@contextmanager
def acting(
    actor: Actor | None, organization_id: str | None = None, on_behalf_of: Actor | None = None
) -> Iterator[Actor | None]:
    """Name *actor* as who does what is recorded inside the block, whatever the request says."""
    if actor is None and (outer := named()) is not None:
        actor, organization_id = outer.actor, organization_id or outer.organization_id
    said = Named(actor=actor, on_behalf_of=on_behalf_of, organization_id=organization_id)
    with _holding(_named, _Block(said, _here())):
        yield actor


@contextmanager
def working(work: Work) -> Iterator[None]:
    """Go on, inside the block, where *work* was asked for. What was named outside ends there."""
    with _holding(_work, _Block(work, _here())), _holding(_named, None):
        yield


def named() -> Named | None:
    """Return what the innermost block of ``audit.actor`` says here."""
    block = _named.get()
    if block is None:
        return None
    # A block outside of all requests holds in each request that is made inside it.
    return block.said if block.visit is None or _is_here(block) else None


def work() -> Work | None:
    """Return the work that goes on here. A request that it makes is a visit of its own."""
    block = _work.get()

    return block.said if block is not None and _is_here(block) else None


def _here() -> Visit | None:
    return visit() if has_request_context() else None


def _is_here(block: _Block[Any]) -> bool:
    """Whether we are in the request of the block, or outside of all as it is."""
    return block.visit is _here()


@contextmanager
def _holding(var: ContextVar[Any], value: _Block[Any] | None) -> Iterator[None]:
    token = var.set(value)
    try:
        yield
    finally:
        # It raises in a generator that is closed by another thread than it ran in.
        with suppress(ValueError):
            var.reset(token)
