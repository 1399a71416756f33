"""What people do with Flask-Security's own views is recorded, each act once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import Event
from tests.access.person import code_of
from tests.access.person import EMAIL
from tests.access.person import NEITHER
from tests.access.person import OTHER
from tests.access.person import PASSWORD
from tests.access.person import Person
from tests.apps import close
from tests.apps import counted

if TYPE_CHECKING:
    from tests.access.authenticator import Authenticator
    from tests.access.conftest import MakePerson

# Its forms use what a newer WTForms deprecates, and some of its features are on their way out.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:wtforms"),
    pytest.mark.filterwarnings("ignore:The passwordless feature:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _all_was_captured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing that is tried here may fail in capture."""
    person = request.getfixturevalue("person") if "person" in request.fixturenames else None
    yield
    assert person is None or counted(person.app, "capture_failed") == 0


def the(person: Person) -> Event:
    """Return the one event that was recorded since the last time."""
    (event,) = person.new_events()
    return event


def test_who_registers_and_is_logged_in_did_two_things(person: Person) -> None:
    person.register()
    assert person.told() == ["access.REGISTER of alice", "access.LOGIN by register of alice"]


def test_a_new_user_has_the_id_that_the_database_gave(person: Person) -> None:
    person.register()
    registered, _ = person.new_events()
    assert registered.resource_path == "users/1"
    assert registered.auth_details is not None
    assert registered.auth_details.user_id == "1"


def test_a_registration_that_is_refused_is_an_error(person: Person) -> None:
    person.begin()
    person.register()
    event = the(person)
    assert (event.type, event.error) == ("access.REGISTER_ERROR", "http_400")
    assert event.details is not None
    assert event.details["username"] == "alice"


def test_a_registration_that_answers_as_if_it_were_new_is_an_error(person: Person) -> None:
    person.app.config["SECURITY_RETURN_GENERIC_RESPONSES"] = True
    person.begin()
    assert person.register().status_code == 200
    event = the(person)
    assert (event.type, event.error) == ("access.REGISTER_ERROR", "existing_email")
    assert event.resource_path == "users/1"
    assert event.auth_details is not None
    assert event.auth_details.user_id is None


def test_a_login_says_how(person: Person) -> None:
    person.begin()
    person.login()
    assert person.told() == ["access.LOGIN by password of alice"]


def test_a_login_by_a_form_is_the_same(person: Person) -> None:
    person.begin()
    person.client.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert person.told() == ["access.LOGIN by password of alice"]


def test_a_logout_is_one_event_with_its_refresh_token(person: Person) -> None:
    person.begin()
    answer = person.said(
        person.client.post("/login?include_auth_token", json={"email": EMAIL, "password": PASSWORD})
    )
    assert person.told() == ["access.LOGIN by password of alice", "access.REFRESH_TOKEN of alice"]
    person.post("/logout", refresh_token=answer["user"]["refresh_token"])
    assert person.told() == ["access.LOGOUT of alice"]


def test_a_wrong_password_is_an_error_of_nobody_about_the_account(person: Person) -> None:
    person.begin()
    person.login("guess-Number1-wrong")
    event = the(person)
    assert (event.type, event.error) == ("access.LOGIN_ERROR", "invalid_password")
    assert (event.resource_type, event.resource_path) == ("USER", "users/1")
    assert event.details == {"auth_method": "password", "username": "alice"}
    assert event.auth_details is not None
    assert (event.auth_details.user_id, event.auth_details.username) == (None, None)
    assert event.auth_details.ip_address == "127.0.0.1"


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("generic", [True, False])
def test_an_unknown_user_is_an_error_with_the_name_that_was_tried(
    person: Person, form: bool, generic: bool
) -> None:
    person.app.config["SECURITY_RETURN_GENERIC_RESPONSES"] = generic
    fields = {"email": "mallory@acme.test", "password": PASSWORD}
    person.client.post("/login", **{"data" if form else "json": fields})
    event = the(person)
    assert event.type == "access.LOGIN_ERROR"
    assert event.details is not None
    assert event.details["username"] == "mallory@acme.test"


def test_a_password_typed_into_the_name_is_masked(person: Person) -> None:
    person.login(email=PASSWORD)
    event = the(person)
    assert event.type == "access.LOGIN_ERROR"
    assert event.details is not None
    assert event.details["username"] == "[masked]"


def test_who_is_logged_in_already_does_not_fail_to_log_in(person: Person) -> None:
    person.begin_logged_in()
    person.client.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert person.told() == ["access.REQUEST of alice"]


def test_a_changed_password_is_no_second_login(person: Person) -> None:
    person.begin_logged_in()
    person.post("/change", password=PASSWORD, new_password=OTHER, new_password_confirm=OTHER)
    changed = the(person)
    assert (changed.type, changed.resource_path) == ("access.UPDATE_PASSWORD", "users/1")
    person.logout()
    assert the(person).auth_details == changed.auth_details


def test_a_password_that_could_not_be_changed_is_an_error(person: Person) -> None:
    person.begin_logged_in()
    person.post("/change", password=OTHER, new_password=NEITHER, new_password_confirm=NEITHER)
    assert person.told() == ["access.UPDATE_PASSWORD_ERROR http_400 of alice"]


def test_an_operator_may_change_a_password_by_command(person: Person) -> None:
    person.begin()
    command = ["users", "change_password", EMAIL, "--password", OTHER]
    done = person.app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 0, done.output
    event = the(person)
    assert (event.type, event.resource_path) == ("access.UPDATE_PASSWORD", "users/1")
    assert event.auth_details is not None
    assert event.auth_details.client_id == "cli"


def test_a_forgotten_password_is_sent_and_reset_by_whose_it_is(person: Person) -> None:
    person.begin()
    person.post("/reset", email=EMAIL)
    sent = the(person)
    assert (sent.type, sent.resource_path) == ("access.SEND_RESET_PASSWORD", "users/1")
    assert sent.auth_details is not None
    assert sent.auth_details.user_id is None
    person.post(person.link(), password=OTHER, password_confirm=OTHER)
    assert person.told() == ["access.RESET_PASSWORD of alice"]


def test_a_reset_that_logs_in_is_two_acts(person: Person) -> None:
    person.app.config["SECURITY_AUTO_LOGIN_AFTER_RESET"] = True
    person.begin()
    person.post("/reset", email=EMAIL)
    person.new_events()
    person.post(person.link(), password=OTHER, password_confirm=OTHER)
    assert person.told() == ["access.RESET_PASSWORD of alice", "access.LOGIN by reset of alice"]


def test_resets_that_fail_are_errors(person: Person) -> None:
    person.begin()
    person.post("/reset", email="mallory@acme.test")
    person.post("/reset/invented", password=OTHER, password_confirm=OTHER)
    assert person.told() == [
        "access.SEND_RESET_PASSWORD_ERROR http_400",
        "access.RESET_PASSWORD_ERROR http_400",
    ]


def test_an_address_is_verified_by_whose_it_is(person: Person) -> None:
    person.register()
    person.logout()
    person.new_events()
    person.get(person.link())
    assert person.told() == ["access.VERIFY_EMAIL of alice"]


def test_the_mail_that_verifies_may_be_asked_for_again(person: Person) -> None:
    person.begin()
    person.post("/confirm", email=EMAIL)
    person.post("/confirm", email="mallory@acme.test")
    person.get("/confirm/invented")
    assert person.told() == [
        "access.SEND_VERIFY_EMAIL",
        "access.SEND_VERIFY_EMAIL_ERROR http_400",
        "access.VERIFY_EMAIL_ERROR refused",
    ]


def test_a_confirmation_that_logs_in_is_two_acts(person: Person) -> None:
    person.app.config["SECURITY_AUTO_LOGIN_AFTER_CONFIRM"] = True
    person.register()
    person.logout()
    person.new_events()
    person.get(person.link())
    assert person.told() == ["access.VERIFY_EMAIL of alice", "access.LOGIN by confirm of alice"]


def test_an_address_is_changed_in_two_steps(person: Person) -> None:
    person.begin_logged_in()
    person.post("/change-email", email="alicia@acme.test")
    person.get(person.link())
    asked, changed = person.new_events()
    assert asked.type == "access.SEND_UPDATE_EMAIL"
    assert asked.details == {"new_email": "alicia@acme.test"}
    assert changed.type == "access.UPDATE_EMAIL"
    assert changed.details == {"old_email": EMAIL}


def test_a_changed_address_needs_its_link(person: Person) -> None:
    person.begin_logged_in()
    person.get("/change-email/invented")
    assert person.told() == ["access.UPDATE_EMAIL_ERROR refused of alice"]


def test_a_changed_username_is_a_changed_profile(person: Person) -> None:
    person.begin_logged_in()
    person.post("/change-username", username="alicia")
    event = the(person)
    assert (event.type, event.details) == ("access.UPDATE_PROFILE", {"old_username": "alice"})


def test_a_forgotten_username_is_sent(person: Person) -> None:
    person.begin()
    person.post("/recover-username", email=EMAIL)
    assert person.told() == ["access.SEND_USERNAME"]


def test_a_second_factor_is_set_up_used_and_removed(person: Person) -> None:
    key = person.begin_with_second_factor()
    assert person.told()[-1] == "access.UPDATE_TOTP of alice"
    person.logout()
    person.new_events()
    assert person.said(person.login())["tf_required"]
    assert person.told() == ["access.REQUEST"]
    person.post("/tf-validate", code="000000")
    person.post("/tf-validate", code=code_of(key))
    person.post("/tf-setup", setup="disable")
    assert person.told() == [
        "access.LOGIN_ERROR invalid_code by otp",
        "access.LOGIN by otp of alice",
        "access.REMOVE_TOTP of alice",
    ]


def test_a_form_that_asks_for_a_second_factor_is_no_error(person: Person) -> None:
    person.begin_with_second_factor()
    person.logout()
    person.new_events()
    for _ in range(2):
        answer = person.client.post("/login", data={"email": EMAIL, "password": PASSWORD})
        assert answer.location.startswith("/tf-validate")
    assert person.told() == ["access.REQUEST", "access.REQUEST"]


def test_a_second_factor_that_is_asked_for_first_is_set_up_and_logs_in(person: Person) -> None:
    person.begin()
    person.app.config["SECURITY_TWO_FACTOR_REQUIRED"] = True
    person.login()
    person.post("/tf-setup", setup="email")
    person.new_events()
    person.post("/tf-validate", code=person.code())
    assert person.told() == ["access.UPDATE_TOTP of alice", "access.LOGIN by otp of alice"]


def test_a_code_that_is_sent_is_recorded_without_the_code(person: Person) -> None:
    person.begin()
    person.app.config["SECURITY_TWO_FACTOR_REQUIRED"] = True
    person.login()
    person.new_events()
    person.post("/tf-setup", setup="email")
    event = the(person)
    assert (event.type, event.resource_path) == ("access.SEND_OTP", "users/1")
    assert event.details == {"method": "email", "username": "alice"}


def test_recovery_codes_are_made_and_used(person: Person) -> None:
    person.begin_with_second_factor()
    person.new_events()
    codes = person.said(person.post("/mf-recovery-codes"))["recovery_codes"]
    assert person.told() == ["access.UPDATE_RECOVERY_CODES of alice"]
    person.logout()
    person.login()
    person.new_events()
    person.post("/mf-recovery", code="0000-0000-0000")
    person.post("/mf-recovery", code=codes[0])
    assert person.told() == [
        "access.LOGIN_ERROR http_400",
        "access.LOGIN by recovery-code of alice",
    ]


def test_a_code_by_mail_logs_in(person: Person) -> None:
    person.begin_logged_in()
    setup = person.said(person.post("/us-setup", chosen_method="email"))
    person.post(f"/us-setup/{setup['state']}", passcode=person.code())
    assert person.told() == ["access.SEND_OTP of alice", "access.UPDATE_PROFILE of alice"]
    person.logout()
    person.new_events()
    person.post("/us-signin/send-code", identity=EMAIL, chosen_method="email")
    person.post("/us-signin", identity=EMAIL, passcode="000000")
    person.post("/us-signin", identity=EMAIL, passcode=person.code())
    assert person.told() == [
        "access.SEND_OTP",
        "access.LOGIN_ERROR invalid_passcode by otp",
        "access.LOGIN by otp of alice",
    ]


def test_a_link_by_mail_logs_in(person: Person) -> None:
    person.begin_logged_in()
    setup = person.said(person.post("/us-setup", chosen_method="email"))
    person.post(f"/us-setup/{setup['state']}", passcode=person.code())
    person.logout()
    person.post("/us-signin/send-code", identity=EMAIL, chosen_method="email")
    person.new_events()
    link = person.link()
    person.get(f"{link}0")
    person.get("/us-verify-link?id=invented&code=000000")
    person.get(link)
    assert person.told() == [
        "access.LOGIN_ERROR invalid_passcode by otp",
        "access.LOGIN_ERROR refused",
        "access.LOGIN by otp of alice",
    ]


def test_a_passkey_is_made_used_and_removed(person: Person, passkey: Authenticator) -> None:
    person.begin_logged_in()
    answer = person.said(person.post("/wan-register", name="my key", usage="first"))
    person.new_events()
    credential = passkey.register(answer["credential_options"])
    person.post(f"/wan-register/{answer['wan_state']}", credential=credential)
    made = the(person)
    assert (made.type, made.details) == ("access.UPDATE_CREDENTIAL", {"name": "my key"})
    person.logout()
    answer = person.said(person.post("/wan-signin", identity=EMAIL))
    person.new_events()
    credential = passkey.sign(answer["credential_options"])
    wrong = credential.replace('"signature": "', '"signature": "AAAA')
    person.post(f"/wan-signin/{answer['wan_state']}", credential=wrong)
    person.post(f"/wan-signin/{answer['wan_state']}", credential=credential)
    person.post("/wan-delete", name="my key")
    assert person.told() == [
        "access.LOGIN_ERROR invalid_passkey by webauthn",
        "access.LOGIN by webauthn of alice",
        "access.REMOVE_CREDENTIAL of alice",
    ]


def test_a_refresh_token_is_given_used_and_refused(person: Person) -> None:
    person.begin()
    login = person.client.post(
        "/login?include_auth_token", json={"email": EMAIL, "password": PASSWORD}
    )
    token = person.said(login)["user"]["refresh_token"]
    person.new_events()
    person.client = person.app.test_client()
    person.post("/refresh-token", refresh_token=token)
    person.post("/refresh-token", refresh_token=token)
    person.post("/refresh-token", refresh_token="invented")
    assert person.told() == [
        "access.REFRESH_TOKEN",
        "access.REFRESH_TOKEN_ERROR gen_mismatch",
        "access.REFRESH_TOKEN_ERROR http_400",
    ]


def test_who_confirms_a_password_is_recorded(person: Person) -> None:
    person.begin_logged_in()
    person.post("/verify", password=OTHER)
    person.post("/verify", password=PASSWORD)
    assert person.told() == [
        "access.LOGIN_ERROR invalid_password by password of alice",
        "access.REAUTHENTICATE of alice",
    ]


def test_who_is_not_logged_in_is_refused_once(person: Person) -> None:
    person.get("/change")
    event = the(person)
    assert (event.type, event.error) == ("access.PERMISSION_DENIED", "not_logged_in")


def test_the_user_of_a_token_is_who_acts(person: Person) -> None:
    person.begin()
    login = person.client.post(
        "/login?include_auth_token", json={"email": EMAIL, "password": PASSWORD}
    )
    token = person.said(login)["user"]["authentication_token"]
    person.new_events()
    person.app.test_client().post(
        "/change", json={}, headers={"Authentication-Token": token, "Accept": "application/json"}
    )
    assert person.told() == ["access.UPDATE_PASSWORD_ERROR http_400 by token of alice"]


def test_what_could_not_be_committed_was_not_done(person: Person) -> None:
    person.begin_logged_in()
    store = person.app.extensions["security"].datastore
    commit = store.commit

    def fail() -> None:
        store.db.session.rollback()
        raise RuntimeError("the disk is full")

    store.commit = fail
    with pytest.raises(RuntimeError, match="disk"):
        person.post("/change", password=PASSWORD, new_password=OTHER, new_password_confirm=OTHER)
    store.commit = commit
    assert person.new_events()[-1].type == "access.UPDATE_PASSWORD_ERROR"
    person.client = person.app.test_client()
    assert person.login().status_code == 200


def test_a_link_alone_may_log_in(make_person: MakePerson) -> None:
    without = {"SECURITY_UNIFIED_SIGNIN": False, "SECURITY_REGISTER_URL": "/join"}
    person = make_person(SECURITY_PASSWORDLESS=True, **without)
    with person.app.app_context():
        store = person.app.extensions["security"].datastore
        store.create_user(email=EMAIL, username="alice")
        store.commit()
    person.post("/login", email=EMAIL)
    person.post("/login", email="mallory@acme.test")
    person.get("/login/invented")
    person.get(person.link())
    assert person.told() == [
        "access.SEND_LOGIN_LINK",
        "access.SEND_LOGIN_LINK_ERROR http_400",
        "access.LOGIN_ERROR refused",
        "access.LOGIN by link of alice",
    ]


def test_the_audit_log_may_be_set_up_last() -> None:
    pytest.importorskip("flask_security")
    pytest.importorskip("nh3")
    secured = import_module("tests.access.secured")
    app = Flask("host")
    app.config.update(TESTING=True, SECRET_KEY="s3cr3t", **secured.EVERYTHING)
    person = secured.secured(app)
    AuditLog(app)
    person.register()
    assert person.told() == ["access.REGISTER of alice", "access.LOGIN by register of alice"]
    close(app)


def test_another_app_with_flask_security_does_not_hear_it(make_person: MakePerson) -> None:
    one, two = make_person(), make_person()
    one.register()
    assert (len(one.told()), two.told()) == (2, [])


def test_an_app_that_records_no_logins_is_not_heard_through_another(
    make_person: MakePerson,
) -> None:
    signals = import_module("flask_security.signals")
    quiet, other = make_person(AUDITLOG_CAPTURE={"logins": False}), make_person()
    # Outside of a request, as a script does: then it is recorded at once.
    for person in (quiet, other):
        with person.app.app_context():
            signals.password_changed.send(person.app, user=None)
    assert quiet.told() == []
    assert other.told() == ["access.UPDATE_PASSWORD"]
