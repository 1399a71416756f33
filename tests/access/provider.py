"""An OAuth provider on this machine, and hosts that send their users there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from urllib.request import build_opener
from urllib.request import HTTPErrorProcessor

import flask_login
from flask import Flask
from flask import jsonify
from flask import redirect
from flask import request
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.apps import User

CODE = "code-Of-the-provider-4711"
TOKEN = "access-Token-of-the-provider-0815"


def provider() -> Flask:
    """An app that lets everybody in, or nobody: `/authorize?deny=1`."""
    app = Flask("provider")

    @app.get("/authorize")
    def authorize() -> Any:
        answer = {"state": request.args["state"]}
        if "deny" in request.args:
            answer |= {"error": "access_denied", "error_description": f"no {TOKEN} for you"}
        else:
            answer["code"] = CODE
        return redirect(f"{request.args['redirect_uri']}?{urlencode(answer)}")

    @app.post("/token")
    def token() -> Any:
        return jsonify(access_token=TOKEN, token_type="Bearer")

    return app


@contextmanager
def running() -> Iterator[str]:
    """Run the provider; give its address."""
    server = make_server("127.0.0.1", 0, provider(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Stay(HTTPErrorProcessor):
    """Does not follow a redirect."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def go(client: FlaskClient, *, deny: bool = False) -> TestResponse:
    """Go to the provider and come back, as a browser does."""
    there = client.get("/acme_id").location
    assert there is not None

    return client.get(back_from(f"{there}&deny=1" if deny else there))


def back_from(there: str) -> str:
    """Return where the provider sends one who goes there."""
    with build_opener(_Stay).open(there) as answer:
        return str(answer.headers["Location"])


class Host:
    """What a host does with who comes back: `login`, `link`, or nothing for `refuse`."""

    def __init__(self, app: Flask, does: str) -> None:
        self.does = does
        if does != "token":
            flask_login.LoginManager(app).user_loader(lambda user_id: User())
            app.add_url_rule("/login", "login", self.login)

    def login(self) -> str:
        flask_login.login_user(User())
        return "in"

    def received(self) -> None:
        """Do it."""
        if self.does == "login":
            flask_login.login_user(User())


def with_dance(app: Flask, address: str, does: str) -> None:
    """Give *app* Flask-Dance."""
    from flask_dance import consumer  # noqa: PLC0415 (it may be absent)

    host = Host(app, does)
    blueprint = consumer.OAuth2ConsumerBlueprint(
        "acme_id",
        __name__,
        client_id="ledgerly",
        client_secret="client-Secret-1234",
        base_url=address,
        token_url=f"{address}/token",
        authorization_url=f"{address}/authorize",
    )
    app.register_blueprint(blueprint)
    consumer.oauth_authorized.connect(lambda *_, **__: host.received(), blueprint, weak=False)


def with_authlib(app: Flask, address: str, does: str) -> None:
    """Give *app* Authlib's client."""
    from authlib.integrations.flask_client import OAuth  # noqa: PLC0415 (it may be absent)

    host, oauth = Host(app, does), OAuth(app)
    client = oauth.register(
        "acme_id",
        client_id="ledgerly",
        client_secret="client-Secret-1234",
        access_token_url=f"{address}/token",
        authorize_url=f"{address}/authorize",
    )

    @app.get("/acme_id")
    def begin() -> Any:
        return client.authorize_redirect("http://localhost/callback")

    @app.get("/callback")
    def callback() -> Any:
        client.authorize_access_token()
        host.received()
        return redirect("/")
