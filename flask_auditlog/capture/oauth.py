"""Who sent a user to us, whichever library speaks with the provider."""

from __future__ import annotations

from typing import Any

from flask import request

from . import authlib
from . import dance
from .expected import code


def provider() -> str | None:
    """Return the name of the provider that this request received a token from."""
    return dance.received() or authlib.received()


def details() -> dict[str, Any]:
    """Return how somebody logged in, if it was through a provider, as an event's details."""
    name = provider() or dance.serving()

    return {} if name is None else {"auth_method": "oauth", "provider": name}


def details_of_return() -> dict[str, Any]:
    """Return the same where a provider sends users back to, though no token came."""
    values = request.view_args or {}
    # Users of Authlib name it in the route: `/callback/<provider>`.
    name = next((str(values[key]) for key in ("provider", "name") if key in values), None)

    return details() or {"auth_method": "oauth", **({"provider": name} if name else {})}


def said() -> str | None:
    """Return the code of the error that the provider sent; never its description."""
    return code(request.args.get("error"))
