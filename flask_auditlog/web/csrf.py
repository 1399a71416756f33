"""Beside the host's Flask-WTF, which need not be there."""

from __future__ import annotations

from flask import Blueprint
from flask import Flask

from ..state import at_first_request


def exempt_from_csrf(app: Flask, *endpoints: Blueprint) -> None:
    """What opens these is sent along by no browser by itself: a bearer token, or an address that
    nobody else knows. So the host's token, which is bound to a cookie, is not needed.

    Flask-WTF's protection may be initialised after us: so it is told at the first request,
    before it looks.
    """

    def tell() -> None:
        protection = app.extensions.get("csrf")
        if protection is not None:
            for each in endpoints:
                protection.exempt(each)

    at_first_request(app, tell)
