"""Beside the host's Flask-WTF, which need not be there."""

from __future__ import annotations

from flask import Blueprint
from flask import Flask

from ..state import at_first_request


def exempt_from_csrf(app: Flask, endpoints: Blueprint) -> None:
    """Bearer tokens are not sent by a browser by itself, so the API needs no CSRF token.

    Flask-WTF's protection may be initialised after us: so it is told at the first request,
    before it looks.
    """

    def tell() -> None:
        protection = app.extensions.get("csrf")
        if protection is not None:
            protection.exempt(endpoints)

    at_first_request(app, tell)
