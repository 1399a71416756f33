"""Somebody who uses an app with Flask-Security, by its JSON views."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_auditlog import Event
from tests.apps import events

PASSWORD = "correct-Horse7-battery"
OTHER = "another-Staple9-window"
NEITHER = "neither-Clip3-folder"
EMAIL = "alice@acme.test"


class Person:
    """Somebody with a browser and a mailbox."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.mails: list[str] = []
        self._seen = 0

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send *fields* as JSON."""
        return self.client.post(path, json=fields, headers={"Accept": "application/json"})

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Accept": "application/json"})

    def said(self, response: TestResponse) -> dict[str, Any]:
        """Return what a view of Flask-Security answered in JSON."""
        assert response.json is not None
        answer: dict[str, Any] = response.json["response"]
        return answer

    def register(self, email: str = EMAIL, username: str = "alice") -> TestResponse:
        return self.post(
            "/register",
            email=email,
            username=username,
            password=PASSWORD,
            password_confirm=PASSWORD,
        )

    def login(self, password: str = PASSWORD, email: str = EMAIL) -> TestResponse:
        return self.post("/login", email=email, password=password)

    def logout(self) -> TestResponse:
        return self.post("/logout")

    def begin(self) -> None:
        """Have an account, and be logged out."""
        self.register()
        self.logout()
        self.mails.clear()
        self.new_events()

    def begin_logged_in(self) -> None:
        """Have an account, and be logged in."""
        self.begin()
        self.login()
        self.new_events()

    def begin_with_second_factor(self) -> str:
        """Have an account with an authenticator app, and be logged in; return its key."""
        self.begin_logged_in()
        setup = self.said(self.post("/tf-setup", setup="authenticator"))
        key = str(setup["tf_authr_key"])
        self.post(f"/tf-setup/{setup['tf_state_token']}", code=code_of(key))
        return key

    def link(self) -> str:
        """Return the path of the link in the newest mail."""
        (link, *_) = re.findall(r"http://localhost(/[^\s\"<>]+)", self.mails[-1])
        return str(link).replace("&amp;", "&")

    def code(self) -> str:
        """Return the code in the newest mail."""
        (code, *_) = re.findall(r"\b\d{6}\b", self.mails[-1])
        return str(code)

    def new_events(self) -> list[Event]:
        """Return what was recorded since the last time."""
        found = events(self.app)
        new, self._seen = found[self._seen :], len(found)
        return new

    def told(self) -> list[str]:
        """Return what was recorded since the last time: type, error, method, and who did it."""
        return [sentence(event) for event in self.new_events()]


def sentence(event: Event) -> str:
    """Return the type, error, method and actor of *event* in one line."""
    who = event.auth_details and event.auth_details.username
    method = (event.details or {}).get("auth_method")
    words = [event.type, event.error, method and f"by {method}", f"of {who}" if who else None]
    return " ".join(word for word in words if word)


def code_of(key: str) -> str:
    """Return the code that an authenticator app shows for *key* (RFC 6238)."""
    secret = base64.b32decode(key.replace("-", ""))
    mac = hmac.digest(secret, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    (number,) = struct.unpack_from(">I", mac, mac[-1] & 0xF)

    return f"{number & 0x7FFFFFFF:010}"[-6:]
