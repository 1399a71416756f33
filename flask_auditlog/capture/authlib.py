"""Authlib's clients. It sends no signal: a token that it received is seen in Flask's ``g``."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g

SIGNALS: Mapping[str, str] = {}
IGNORED: Mapping[str, str] = {}

# Where Authlib keeps the token of a provider during the request, and its name behind it.
_TOKEN = "_oauth_token_"  # noqa: S105 (the name of a variable)


def received() -> str | None:
    """Return the name of the client whose token the request has."""
    names = (name for name in g if name.startswith(_TOKEN) and g.get(name))

    return next((name[len(_TOKEN) :] for name in names), None)
