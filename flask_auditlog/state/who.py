"""Who and where we are: the block of ``audit.actor``, the job, the request, or the command."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec
from flask import has_request_context

from ..errors import ConfigError
from ..event import Actor
from ..event import Source
from ..logs import logger
from ..recorder import Context
from ..recorder.given import organization_of
from ..recorder.given import person
from . import shell
from .app import current
from .app import State
from .blocks import Named
from .blocks import named
from .blocks import Work
from .blocks import work
from .visit import here
from .visit import session_as_it_was
from .visit import SESSION_KEY
from .visit import traceparent
from .visit import user_agent
from .visit import visit


def request_context(
    source: Source = "capture", *, load_user: bool = True, state: State | None = None
) -> Context:
    """Return who and where we are: the block of ``audit.actor``, the job, or the request.

    :param load_user: ``False`` to name only a user whom the host has loaded already, or
        the id in its session.
    :param state: instead of the current app's.
    """
    state, block, job = state or current(), named(), work()
    if job is not None:
        return _of_job(state, source, block, job)
    if has_request_context():
        return _of_request(state, source, block, load_user=load_user)
    return _of_process(state, source, block)


def _of_request(state: State, source: Source, block: Named | None, *, load_user: bool) -> Context:
    realm = str(_ask(state, "realm_loader") or state.settings.realms[0])
    organization = block and block.organization_id
    if organization is None:
        organization = _ask(state, "organization_loader")
    actor, on_behalf_of = (block.actor, block.on_behalf_of) if block is not None else (None, None)
    if actor is None:
        actor, loaded = _who(state, load_user=load_user)
        on_behalf_of = on_behalf_of or loaded

    return Context(
        realm=realm,
        source=source,
        actor=person(actor, realm),
        on_behalf_of=on_behalf_of and person(on_behalf_of, None),
        organization_id=organization_of(organization),
        trusted=True,
        request_id=visit().request_id,
        traceparent=traceparent(),
        user_agent=user_agent(),
    )


def _of_job(state: State, source: Source, block: Named | None, job: Work) -> Context:
    """Where the job was asked for. It was checked when it was read."""
    realm = job.realm or state.settings.realms[0]
    actor, on_behalf_of = _named_or(block, job.actor, job.on_behalf_of)
    organization = (block and block.organization_id) or job.organization_id

    return Context(
        realm=realm,
        source=source,
        actor=actor and person(actor, realm),
        on_behalf_of=on_behalf_of and person(on_behalf_of, None),
        organization_id=organization_of(organization),
        trusted=True,
        request_id=job.request_id,
        traceparent=job.traceparent,
        user_agent=job.program,
    )


def _of_process(state: State, source: Source, block: Named | None) -> Context:
    """A script, or a command that somebody typed."""
    realm = state.settings.realms[0]
    typed = shell.command()
    typist = Actor(username=shell.operator(), client_id="cli") if typed is not None else None
    actor, on_behalf_of = _named_or(block, typist, None)

    return Context(
        realm=realm,
        source=source,
        actor=actor and person(actor, realm),
        on_behalf_of=on_behalf_of and person(on_behalf_of, None),
        organization_id=organization_of(block and block.organization_id),
        trusted=True,
        user_agent=typed,
    )


def _named_or(
    block: Named | None, actor: Actor | None, on_behalf_of: Actor | None
) -> tuple[Actor | None, Actor | None]:
    """Return whom the block names. One that names only for whom leaves who it was."""
    if block is None:
        return actor, on_behalf_of
    if block.actor is None:
        return actor, block.on_behalf_of or on_behalf_of
    return block.actor, block.on_behalf_of


def _ask(state: State, name: str) -> Any:
    """Ask a loader of the host."""
    loader = state.hooks.get(name)
    if loader is None:
        return None

    return _answer(state, name, lambda: state.app.ensure_sync(loader)())  # noqa: PLW0108 (may raise)


def _answer(state: State, name: str, loader: Callable[[], Any]) -> Any:
    """Return what *loader* says. One that raises says nothing: an event without an actor or
    an organization is better than none, and seen by those alone who see the whole realm.
    """
    try:
        return loader()
    except Exception:
        state.recorder.count("loader_failed")
        logger.exception("%s failed; the event is recorded without what it says", name)
        return None


def _who(state: State, *, load_user: bool) -> tuple[Actor, Actor | None]:
    """Return who makes the request, and on behalf of whom."""
    said: Any = None
    if "actor_loader" in state.hooks:
        said = _ask(state, "actor_loader")
    elif (logged_in := state.current_user) is not None:
        said = _answer(state, "flask-login's user_loader", lambda: logged_in(load_user))
    user, on_behalf_of = said if isinstance(said, tuple) and len(said) == 2 else (said, None)
    user = _checked(user) or Actor()
    found = msgspec.structs.replace(
        user,
        ip_address=user.ip_address or here().remote_addr,
        session_id=user.session_id or _session_id(state),
    )

    return found, _checked(on_behalf_of)


def _checked(said: Any) -> Actor | None:
    if said is None or isinstance(said, Actor):
        return said
    kind = type(said).__name__
    raise ConfigError(f"The actor_loader must return two Actors, an Actor or None, not {kind}.")


def _session_id(state: State) -> str | None:
    """Return a keyed hash of what tells the session apart: never the cookie itself."""
    with session_as_it_was() as session:
        said = session.get(SESSION_KEY)
    if said is None:
        return None
    key = state.keys("session")[0]

    return blake2b(str(said).encode(), key=key, digest_size=16).hexdigest()
