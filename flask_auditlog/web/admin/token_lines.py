"""Tokens as the pages list and make them: the admin's, and those of a customer."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidEvent
from ...errors import NotFound
from ...recorder import Context
from ...state import current
from ...store import Scope
from ...store import Token
from ..registered import record_token
from ..words import _
from ..words import N_
from .moments import now

DAY = 24 * 3600 * 1000
NAME_CHARS = 255
SAYS: Mapping[str, str] = {
    "view-events": N_("read events"),
    "manage-events": N_("change webhooks"),
    "publish-events": N_("send events"),
    "publish-as": N_("send events in the name of others"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A token, whether it still opens anything, and what it may: each as :func:`said_of` has it."""

    token: Token
    word: str
    tone: str
    permissions: list[tuple[str, str]]


def line_of(token: Token, at: int) -> Line:
    """Return a token as one line of the list, as it is at a time (epoch ms)."""
    word, tone = _standing(token, at)
    may = said_of(each for each in SAYS if each in token.permissions)

    return Line(token, word, tone, may)


def said_of(permissions: Iterable[str]) -> list[tuple[str, str]]:
    """Return each permission by its name, which programs know, and in words."""
    return [(each, _(SAYS[each])) for each in permissions]


def _standing(token: Token, at: int) -> tuple[str, str]:
    if token.revoked_time is not None:
        return _("Revoked"), "none"
    if token.expires_time is not None and token.expires_time <= at:
        return _("Expired"), "none"

    return _("Works"), "good"


def visible(scope: Scope) -> list[Token]:
    """The tokens of the realm, or of one organization, newest first."""
    return [
        each
        for each in current().store.tokens.all()
        if each.realm == scope.realm and scope.organization_id in (None, each.organization_id)
    ]


def wanted(
    sent: Mapping[str, str],
    permissions: Sequence[str],
    *,
    grantable: Collection[str],
    lives: Collection[str],
) -> dict[str, Any]:
    """What a form says. :raises InvalidEvent: when it cannot be."""
    name = sent.get("name", "").strip()
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable():
        raise InvalidEvent(f"A token's name is a text of 1 to {NAME_CHARS} characters.")
    if not permissions or not set(permissions) <= set(grantable):
        raise InvalidEvent("Choose at least one permission, of those that you have yourself.")
    days = sent.get("days", "")
    if days not in lives:
        raise InvalidEvent("Choose how long it lives.")

    return {
        "name": name,
        "permissions": list(permissions),
        "expires_time": now() + int(days) * DAY if days else None,
    }


def make(fields: Mapping[str, Any], context: Context) -> tuple[Token, str]:
    """Make a token, and return it with its secret: here alone.

    :param context: who makes it, and in which realm.
    :raises StoreUnavailable: when it cannot be recorded. Then there is none.
    """
    tokens, actor = current().store.tokens, context.actor
    maker = (actor.user_id or actor.username) if actor else None
    made, secret = tokens.create(realm=context.realm, created_by=maker, **fields)
    try:
        record_token("CREATE", made, context)
    except Exception:
        # Nobody saw it, and nobody knows who made it.
        tokens.revoke(made.id)
        raise

    return made, secret


def end(token_id: str, scope: Scope, context: Context) -> None:
    """End a token at once. :raises NotFound: when there is none within *scope*."""
    if token_id not in {each.id for each in visible(scope)}:
        raise NotFound("There is no such token.")
    record_token("DELETE", current().store.tokens.revoke(token_id), context)
