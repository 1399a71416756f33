"""Every signal of the libraries has its event, and no event holds what they carry beside it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from blinker import NamedSignal

from flask_auditlog.capture.libraries import LIBRARIES
from tests.access.person import code_of
from tests.access.person import EMAIL
from tests.access.person import NEITHER
from tests.access.person import OTHER
from tests.access.person import PASSWORD
from tests.access.person import Person
from tests.apps import records

# The signals of the ecosystem, and the event that each becomes.
TABLE = """
flask-login         user_logged_in                      access.LOGIN
flask-login         user_logged_out                     access.LOGOUT
flask-login         user_unauthorized                   access.PERMISSION_DENIED
flask-login         user_needs_refresh                  access.PERMISSION_DENIED
flask-login         user_login_confirmed                access.REAUTHENTICATE
flask-login         user_loaded_from_cookie             access.RESUME_SESSION
flask-login         session_protected                   access.RESUME_SESSION_ERROR
Flask-Security      user_authenticated                  access.LOGIN
Flask-Security      user_failed_authn                   access.LOGIN_ERROR
Flask-Security      user_unauthenticated                access.PERMISSION_DENIED
Flask-Security      user_registered                     access.REGISTER
Flask-Security      user_not_registered                 access.REGISTER_ERROR
Flask-Security      user_confirmed                      access.VERIFY_EMAIL
Flask-Security      confirm_instructions_sent           access.SEND_VERIFY_EMAIL
Flask-Security      login_instructions_sent             access.SEND_LOGIN_LINK
Flask-Security      reset_password_instructions_sent    access.SEND_RESET_PASSWORD
Flask-Security      password_reset                      access.RESET_PASSWORD
Flask-Security      password_changed                    access.UPDATE_PASSWORD
Flask-Security      change_email_instructions_sent      access.SEND_UPDATE_EMAIL
Flask-Security      change_email_confirmed              access.UPDATE_EMAIL
Flask-Security      username_recovery_email_sent        access.SEND_USERNAME
Flask-Security      username_changed                    access.UPDATE_PROFILE
Flask-Security      us_profile_changed                  access.UPDATE_PROFILE
Flask-Security      tf_code_confirmed                   access.UPDATE_TOTP
Flask-Security      tf_profile_changed                  access.UPDATE_TOTP
Flask-Security      tf_disabled                         access.REMOVE_TOTP
Flask-Security      tf_security_token_sent              access.SEND_OTP
Flask-Security      us_security_token_sent              access.SEND_OTP
Flask-Security      wan_registered                      access.UPDATE_CREDENTIAL
Flask-Security      wan_deleted                         access.REMOVE_CREDENTIAL
Flask-Security      refresh_tracker_created             access.REFRESH_TOKEN
Flask-Security      refresh_tracker_revoked             access.REFRESH_TOKEN_ERROR
Flask-Dance         oauth_authorized                    access.LOGIN
Flask-Dance         oauth_error                         access.LOGIN_ERROR
"""

ROWS = [line.split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("library", "signal", "kind"), ROWS)
def test_a_signal_becomes_its_event(library: str, signal: str, kind: str) -> None:
    assert LIBRARIES[library].SIGNALS[signal] == kind


def test_the_table_is_whole() -> None:
    named = {(library, signal) for library, signal, _ in ROWS}
    known = {(name, signal) for name, module in LIBRARIES.items() for signal in module.SIGNALS}
    assert named == known


@pytest.mark.parametrize(
    ("library", "place"),
    [
        ("flask-login", "flask_login.signals"),
        ("Flask-Security", "flask_security.signals"),
        ("Flask-Dance", "flask_dance.consumer.base"),
    ],
)
def test_no_signal_of_an_installed_library_is_forgotten(library: str, place: str) -> None:
    pytest.importorskip(place.partition(".")[0])
    there = {
        name
        for name, value in vars(import_module(place)).items()
        if isinstance(value, NamedSignal) and not name.startswith("_")
    }
    module = LIBRARIES[library]
    assert there - set(module.SIGNALS) - set(module.IGNORED) == set()


IMPORTED = """
import sys
from flask import Flask
from flask_auditlog import AuditLog
app = Flask("host")
app.config.update(TESTING=True, SECRET_KEY="s")
AuditLog(app)
print(*sys.modules.keys() & {"flask_security", "flask_dance", "flask_jwt_extended", "authlib"})
"""


def test_what_the_host_does_not_use_is_not_imported() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], check=True, capture_output=True)
    assert done.stdout.strip() == b""


@pytest.mark.filterwarnings("ignore::DeprecationWarning:wtforms")
def test_no_password_token_or_code_is_stored(person: Person) -> None:
    """A whole life of an account: everything secret that came or went is looked for."""
    secrets = [PASSWORD, OTHER, NEITHER, *live(person)]
    with person.app.app_context():
        user = person.app.extensions["security"].datastore.find_user(email=EMAIL)
        secrets += [user.fs_uniquifier, user.tf_totp_secret]
    bodies = [record.body for record in records(person.app)]
    assert len(bodies) > 12
    assert [secret for secret in secrets if secret in "\n".join(bodies)] == []


def live(person: Person) -> list[str]:
    """Do what people do; return the links, tokens, keys and codes they were given."""
    person.register()
    links = [person.link()]
    person.get(links[-1])
    person.login(email=PASSWORD)
    person.login(password=NEITHER)
    person.post("/change", password=PASSWORD, new_password=OTHER, new_password_confirm=OTHER)
    setup = person.said(person.post("/tf-setup", setup="authenticator"))
    code = code_of(setup["tf_authr_key"])
    person.post(f"/tf-setup/{setup['tf_state_token']}", code=code)
    codes = person.said(person.post("/mf-recovery-codes"))["recovery_codes"]
    person.logout()
    person.post("/reset", email=EMAIL)
    links.append(person.link())
    person.post(links[-1], password=NEITHER, password_confirm=NEITHER)
    person.login(password=NEITHER)
    login = person.client.post("/mf-recovery?include_auth_token", json={"code": codes[0]})
    keys = [setup["tf_authr_key"], setup["tf_authr_b32key"], setup["tf_state_token"]]
    ends = [link.rpartition("/")[2] for link in links]

    return [*ends, *keys, *codes, *tokens_in(login.json)]


def tokens_in(answer: object) -> list[str]:
    """Return all texts of an answer that are as long as a token."""
    if isinstance(answer, dict):
        return [text for value in answer.values() for text in tokens_in(value)]
    return [answer] if isinstance(answer, str) and len(answer) > 30 else []
