"""Viewer links, made and ended: checked, and on record with who did it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Collection
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from flask import has_request_context
from flask import url_for

from ...capture.noise import is_somebody
from ...errors import ConfigError
from ...errors import InvalidLink
from ...event import Actor
from ...recorder.given import organization_of
from ...recorder.given import person
from ...recorder.plain import clean
from ...state import current
from ...state import request_context
from ...store import Scope
from ...store import ViewerLink
from ...store.promises.viewing import ALLOWED
from ...store.promises.viewing import Allowed
from ..registered import record_link

HOUR = timedelta(hours=1)
LONGEST = timedelta(days=1)
MOST_ORIGINS = 20
LONGEST_NAME = 255
# The page of the app itself, in place of an origin.
SELF = "self"
# What a source of a CSP may be without ending it: letters, digits, dots, dashes and one port.
_ORIGIN = re.compile(
    r"(?:https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|http://(?:localhost|127\.0\.0\.1))"
    r"(?::[0-9]{1,5})?"
)


def wanted(  # noqa: PLR0913 (those of viewer_url)
    organization_id: Any,
    *,
    actor: Actor | Any = None,
    expires: timedelta | float = HOUR,
    embed: Sequence[str] = (),
    allow: Collection[str] = (),
    organization_name: str | None = None,
    realm: str | None = None,
) -> ViewerLink:
    """Return the link that is asked for, not kept yet.

    :raises InvalidLink: when it cannot be.
    """
    context = request_context("system")
    realm = realm or context.realm
    organization = organization_of(organization_id)
    if organization is None:
        raise InvalidLink("A viewer link is of one organization: name it.")
    seconds = _seconds(expires)
    reader = _reader(actor, context.actor, realm)
    made_by = context.actor or Actor()
    now = time.time_ns() // 1_000_000

    return ViewerLink(
        id=secrets.token_hex(8),
        realm=realm,
        organization_id=organization,
        organization_name=_name(organization_name),
        user_id=reader.user_id,
        username=reader.username,
        embed=_origins(embed),
        allow=_allowed(allow),
        created_time=now,
        created_by=made_by.user_id or made_by.username,
        expires_time=now + int(seconds * 1000),
    )


def keep(new: ViewerLink) -> str:
    """Keep a link, and return its secret: here alone.

    :raises NotFound: when its realm is not registered.
    :raises StoreUnavailable: when it cannot be kept, or not be recorded.
    """
    links = current().store.viewer_links
    secret = links.add(new)
    try:
        record_link("CREATE", new, request_context("system"))
    except Exception:
        # Nobody saw it, and nobody knows who made it.
        links.revoke(new.id, new.scope)
        raise

    return secret


def end(link_id: str, scope: Scope) -> ViewerLink:
    """End a link at once. :raises NotFound: when there is none within *scope*."""
    ended = current().store.viewer_links.revoke(link_id, scope)
    record_link("DELETE", ended, request_context("system"))

    return ended


def check_address() -> None:
    """:raises ConfigError: when nothing says where the app is."""
    if not has_request_context() and not current_app.config.get("SERVER_NAME"):
        raise ConfigError(
            "Outside a request nobody knows where the app is. Set SERVER_NAME, as app.example.com."
        )


def address_of(secret: str) -> str:
    """The whole address of the link with this secret, in a request or with ``SERVER_NAME``."""
    return url_for("auditlog_viewer.activity", token=secret, _external=True)


def _seconds(expires: Any) -> float:
    seconds = expires.total_seconds() if isinstance(expires, timedelta) else expires
    if not isinstance(seconds, int | float) or not 1 <= seconds <= LONGEST.total_seconds():
        raise InvalidLink("`expires` is a timedelta or seconds: from 1 second to 24 hours.")

    return float(seconds)


def _reader(said: Any, here: Actor | None, realm: str) -> Actor:
    """Whom it is for. Without a word of it, whoever asks for it now."""
    if said is None:
        said = here
    elif not isinstance(said, Actor):
        said = Actor(user_id=said)
    reader = person(said or Actor(), realm)
    if not is_somebody(reader):
        raise InvalidLink(
            "A viewer link is for somebody: nobody is logged in, so name the `actor`."
        )

    return reader


def _name(said: str | None) -> str | None:
    name = str(clean(said)).strip() if said is not None else ""
    if len(name) > LONGEST_NAME:
        raise InvalidLink(f"`organization_name` is at most {LONGEST_NAME} characters long.")

    return name or None


def _allowed(said: Any) -> tuple[Allowed, ...]:
    """What may be changed, in one order. A text would be taken for its letters."""
    is_list = isinstance(said, Collection) and not isinstance(said, str)
    if not is_list or any(each not in ALLOWED for each in said):
        known = " and ".join(f"`{each}`" for each in ALLOWED)
        raise InvalidLink(f"`allow` is a set, of what may be changed: {known}.")

    return tuple(each for each in ALLOWED if each in said)


def _origins(embed: Any) -> tuple[str, ...]:
    if isinstance(embed, str) or len(embed) > MOST_ORIGINS:
        raise InvalidLink(f"`embed` is a list of at most {MOST_ORIGINS} origins.")

    return tuple(dict.fromkeys(map(_origin, embed)))


def _origin(said: Any) -> str:
    origin = said.lower().removesuffix("/") if isinstance(said, str) else ""
    if origin != SELF and not _ORIGIN.fullmatch(origin):
        raise InvalidLink(
            "An origin in `embed` looks like https://app.example.com, without a path or a `*`, "
            "or is `self` for the app's own pages. Plain http is for localhost alone."
        )

    return origin
