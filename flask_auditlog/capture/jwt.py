"""The actor of a request with a JWT. Only the host imports Flask-JWT-Extended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from flask import g

from ..event import Actor

# It has none.
SIGNALS: Mapping[str, str] = {}
IGNORED: Mapping[str, str] = {}

# Where it keeps what it has verified, and whom its user loader has loaded.
_CLAIMS = "_jwt_extended_jwt"
_USER = "_jwt_extended_jwt_user"

Read = Callable[[Any], Actor]


def current_user(read: Read) -> Actor | None:
    """Return who the verified token of this request names, without a query.

    :param read: makes an actor of a user that the host has loaded.
    """
    library: Any = sys.modules.get("flask_jwt_extended")
    if library is None or not g.get(_CLAIMS):
        return None
    identity = library.get_jwt_identity()
    if identity is None:
        return None
    user = (g.get(_USER) or {}).get("loaded_user")
    known = read(user) if user is not None else Actor()

    return Actor(user_id=_text(identity), username=known.username)


def _text(identity: Any) -> str | None:
    """The identity is what the host made it: an id, or an object that has one."""
    if isinstance(identity, Mapping):
        identity = identity.get("id")
    return str(identity) if isinstance(identity, (str, int)) else None
