"""Beside the host's Flask-WTF, which need not be there."""

from __future__ import annotations

from flask import Blueprint
from flask import Flask


def exempt_from_csrf(app: Flask, endpoints: Blueprint) -> None:
    """Bearer tokens are not sent by a browser by itself, so the API needs no CSRF token.

    Flask-WTF's protection may be initialised after us: so it is told at the first request,
    before it looks.
    """
    told = False

    def tell() -> None:
        nonlocal told
        if not told:
            protection = app.extensions.get("csrf")
            if protection is not None:
                protection.exempt(endpoints)
            # Last: another thread's request must not pass before it is done.
            told = True

    app.before_request_funcs.setdefault(None, []).insert(0, tell)
