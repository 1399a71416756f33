"""Who comes back from an OAuth provider logs in, links an account, or fails."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.access import provider
from tests.apps import counted
from tests.apps import events
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import types

if TYPE_CHECKING:
    from tests.access.conftest import MakePerson

Serve = Callable[[str], FlaskClient]

LIBRARIES = {"flask_dance": provider.with_dance, "authlib": provider.with_authlib}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with provider.running() as found:
        yield found


@pytest.fixture(params=LIBRARIES)
def serve(
    request: pytest.FixtureRequest,
    make_app: MakeApp,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Serve:
    """Make a host with one of the libraries, and a browser."""
    pytest.importorskip(request.param)
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")

    def made(does: str, **config: Any) -> FlaskClient:
        capture = {"oauth_at": ["callback"]}
        app = make_app(AUDITLOG_CAPTURE=capture, SERVER_NAME="localhost", **config)
        LIBRARIES[request.param](app, address, does)
        return app.test_client()

    return made


def told(app: Flask) -> list[tuple[str, str | None, Any]]:
    """Return type, error and provider of each event; nothing may have failed in capture."""
    assert counted(app, "capture_failed") == 0
    return [(e.type, e.error, (e.details or {}).get("provider")) for e in events(app)]


def test_who_is_logged_in_then_logs_in(serve: Serve) -> None:
    client = serve("login")
    provider.go(client)
    (event,) = events(client.application)
    assert event.type == "access.LOGIN"
    assert event.details == {"auth_method": "oauth", "provider": "acme_id"}
    assert event.auth_details is not None
    assert event.auth_details.username == "alice@acme.test"


def test_who_was_logged_in_links_an_account(serve: Serve) -> None:
    client = serve("link")
    client.get("/login")
    provider.go(client)
    assert told(client.application) == [
        ("access.LOGIN", None, None),
        ("access.SOCIAL_LINK", None, "acme_id"),
    ]


def test_whom_the_app_does_not_want_fails(serve: Serve) -> None:
    client = serve("refuse")
    provider.go(client)
    assert told(client.application) == [("access.LOGIN_ERROR", "refused", "acme_id")]


def test_an_app_without_flask_login_lets_in_by_the_token(serve: Serve) -> None:
    client = serve("token")
    provider.go(client)
    assert told(client.application) == [("access.LOGIN", None, "acme_id")]


def test_whom_the_provider_refuses_fails(serve: Serve) -> None:
    client = serve("login")
    with suppress(Exception):  # Authlib raises in the view
        provider.go(client, deny=True)
    ((type_, error, _),) = told(client.application)
    assert (type_, error) == ("access.LOGIN_ERROR", "access_denied")


def test_who_comes_back_with_another_state_fails(serve: Serve) -> None:
    client = serve("login")
    with suppress(Exception):  # both raise in the view
        client.get("/acme_id")
        path = "/callback" if "callback" in client.application.view_functions else None
        client.get(f"{path or '/acme_id/authorized'}?code=c&state=forged")
    ((type_, error, _),) = told(client.application)
    assert (type_, error) == ("access.LOGIN_ERROR", "mismatching_state")


def test_who_only_looks_at_the_callback_does_nothing(serve: Serve) -> None:
    client = serve("refuse")
    with suppress(Exception):
        client.get("/acme_id/authorized")
    assert types(client.application) == []


def test_no_code_or_token_is_kept(serve: Serve) -> None:
    client = serve("login")
    provider.go(client)
    with suppress(Exception):
        provider.go(client, deny=True)
    bodies = "".join(record.body for record in records(client.application))
    assert provider.CODE not in bodies
    assert provider.TOKEN not in bodies


def test_another_app_with_the_same_library_does_not_hear_it(
    serve: Serve, make_app: MakeApp
) -> None:
    other, client = make_app(), serve("login")
    provider.go(client)
    assert types(other) == []


IDENTITIES = {"alice": True, "mallory": False}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:wtforms")
@pytest.mark.parametrize("name", IDENTITIES)
def test_flask_security_may_ask_a_provider(
    make_person: MakePerson, address: str, name: str
) -> None:
    client_of = pytest.importorskip("authlib.integrations.flask_client")
    person = make_person(SECURITY_OAUTH_ENABLE=True, oauth=client_of.OAuth)
    registration = {
        "client_id": "ledgerly",
        "client_secret": "client-Secret-1234",
        "access_token_url": f"{address}/token",
        "authorize_url": f"{address}/authorize",
    }
    with person.app.app_context():
        person.app.extensions["security"].oauthglue.register_provider(
            "acme_id", registration, lambda *_: ("email", f"{name}@acme.test")
        )
    person.begin()
    there = person.client.post("/login/oauthstart/acme_id").location
    person.new_events()
    assert there is not None
    person.client.get(provider.back_from(there))
    (event,) = person.new_events()
    assert event.type == ("access.LOGIN" if IDENTITIES[name] else "access.LOGIN_ERROR")
    assert event.details == {"auth_method": "oauth", "provider": "acme_id"}
