"""Who is asking, and what they may see. The only place where a scope is made. Fails closed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import current_app
from flask import request

from ..errors import AuditLogError
from ..errors import Disabled
from ..errors import NotFound
from ..errors import ProviderUnavailable
from ..errors import ScopeError
from ..errors import Unauthenticated
from ..event import Actor
from ..event import Source
from ..logs import logger
from ..recorder import Context
from ..recorder.given import person
from ..state import current
from ..state import State
from ..state import traceparent
from ..state import user_agent
from ..state import visit
from ..store import PUBLISH_AS
from ..store import Scope
from ..store import Token
from ..store import ViewerLink
from . import rate
from .denied import record_denied

# RFC 6750's token, with a bound: nothing longer is ever hashed, looked up or verified. Those of an
# OpenID provider that lists many roles have some thousand characters.
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]{1,8192}) *")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller of the API: their token, and what it may see."""

    token: Token
    scope: Scope


def api_caller(permission: str, realm: str) -> Caller:
    """Return who sends the current request to the API.

    :raises Unauthenticated: without a living token of this realm.
    :raises ScopeError: when the token lacks *permission*.
    :raises NotFound: when there is no such realm.
    :raises RateLimited: when the token, or a stranger's address, comes too often.
    :raises ProviderUnavailable: when nobody can say whose token it is.
    :raises Disabled: when the log is switched off. Never "accepted", and then not stored.
    """
    state = current()
    if not state.settings.enabled:
        raise Disabled
    secret = _secret()
    token = _token(state, secret)
    # A token of another realm is no token here, whether or not this realm is there.
    if token is None:
        rate.check_failed()
    else:
        rate.check_token(token)
    if token is None or token.realm != realm:
        known, reason = (token, "other_realm") if token else _dead(state, secret)
        sentence = "Send a valid token of this realm: `Authorization: Bearer <token>`."
        raise _refused(Unauthenticated(sentence), reason, realm, known)
    if permission not in token.permissions:
        error = ScopeError(f"The token does not have the permission {permission}.")
        raise _refused(error, "not_permitted", realm, token)
    _check_realm(state, realm)

    return Caller(token=token, scope=Scope(realm=realm, organization_id=token.organization_id))


def page_scope(permission: str, realm: str) -> Scope:
    """Return what the host's logged-in user may see of *realm*.

    The whole of it, or else the part of the organization they are in.

    :raises ScopeError: when that is nothing.
    :raises NotFound: when they may see it, but there is no such realm.
    """
    state = current()
    organization = None
    if not _allows(state, permission, realm, None):
        organization = _organization(state)
        if organization is None or not _allows(state, permission, realm, organization):
            raise ScopeError("You may not see this log.")
    _check_realm(state, realm)

    return Scope(realm=realm, organization_id=organization)


def viewer_link(secret: str) -> ViewerLink:
    """Return the living viewer link of *secret*. Its scope is what may be seen with it.

    :raises NotFound: when there is none. Whether it ended or never was is not told.
    """
    state = current()
    link = state.store.viewer_links.find(secret)
    if link is None:
        error = NotFound("This link does not open anything.")
        record_denied(error, "unknown_link", "", context=None)
        raise error

    return link


def link_context(link: ViewerLink) -> Context:
    """Return who and where, for what is read with *link*: from the link, never from the request.

    The host is not asked who is logged in: a link speaks for whom it was made for.
    """
    actor = Actor(user_id=link.user_id, username=link.username, ip_address=request.remote_addr)

    return Context(
        realm=link.realm,
        source="system",
        actor=person(actor, link.realm),
        organization_id=link.organization_id,
        bound=True,
        request_id=visit().request_id,
        traceparent=traceparent(),
        user_agent=user_agent(),
        token_id=link.id,
    )


def token_context(caller: Caller, source: Source) -> Context:
    """Return who and where, for what *caller* does: from the token, never from the body.

    The host is not asked who is logged in: a token speaks for itself.
    """
    return context_of(caller.token, source)


def context_of(token: Token, source: Source) -> Context:
    """Return who and where, for what is done with *token*."""
    actor = Actor(client_id=token.name, user_id=token.created_by, ip_address=request.remote_addr)

    return Context(
        realm=token.realm,
        source=source,
        actor=person(actor, token.realm),
        organization_id=token.organization_id,
        bound=token.organization_id is not None,
        trusted=PUBLISH_AS in token.permissions,
        request_id=visit().request_id,
        traceparent=traceparent(),
        user_agent=user_agent(),
        token_id=token.id,
    )


def _secret() -> str | None:
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))

    return match[1] if match else None


def _token(state: State, secret: str | None) -> Token | None:
    if secret is None:
        return None
    try:
        token = state.token_of(secret)
    except ProviderUnavailable:
        # It may be nobody's: strangers are counted also while nobody can say so.
        rate.check_failed()
        raise
    except AuditLogError:
        raise
    except Exception:
        logger.exception("token_loader failed; the token is refused")
        return None

    return token if isinstance(token, Token) else None


def _refused(error: AuditLogError, reason: str, realm: str, token: Token | None) -> AuditLogError:
    """Return *error*, which is on record now."""
    context = None if token is None else context_of(token, "system")
    record_denied(error, reason, realm, context=context)

    return error


def _dead(state: State, secret: str | None) -> tuple[Token | None, str]:
    """Return whose token it was, and why it is refused: for the log, and not for the caller."""
    if secret is None:
        return None, "no_token"
    token = state.store.tokens.ended(secret)
    if token is None:
        return None, "unknown_token"

    return token, "expired_token" if token.revoked_time is None else "revoked_token"


def _check_realm(state: State, realm: str) -> None:
    if realm not in state.store.realms:
        raise NotFound("There is no such realm. Add it with `flask auditlog realm add`.")


def _allows(state: State, permission: str, realm: str, organization: str | None) -> bool:
    authorizer = state.hooks.get("authorizer")
    if authorizer is None:
        return False
    try:
        # Without ensure_sync the coroutine of an async authorizer would be true for everybody.
        return bool(current_app.ensure_sync(authorizer)(permission, realm, organization))
    except Exception:
        logger.exception("The authorizer failed; access is denied")
        return False


def _organization(state: State) -> str | None:
    loader = state.hooks.get("organization_loader")
    if loader is None:
        return None
    try:
        organization = current_app.ensure_sync(loader)()
    except Exception:
        logger.exception("organization_loader failed; access is denied")
        return None

    # An empty one is none: it must not become the scope of events without an organization.
    return str(organization) if organization else None
