"""Whether it was done, by the answer alone."""

from __future__ import annotations

import pytest

from flask_auditlog.capture.expected import Answer
from flask_auditlog.capture.expected import asks_for_more
from flask_auditlog.capture.expected import code
from flask_auditlog.capture.expected import Expected
from flask_auditlog.capture.expected import gives_token
from flask_auditlog.capture.expected import names_of
from flask_auditlog.capture.expected import Return
from flask_auditlog.capture.expected import verdict
from flask_auditlog.capture.expected import verdict_of_return

LOGIN = Expected(type="LOGIN")
REGISTER = Expected(type="REGISTER")
REFRESH = Expected(type="REFRESH_TOKEN", quiet="answered")
VERIFY = Expected(type="REAUTHENTICATE", quiet="redirected")


def named(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("expected", "answer", "said"),
    [
        # The form again, an error, or sent back to the form.
        (LOGIN, Answer(status=200), "failed"),
        (LOGIN, Answer(status=200, json=True), "failed"),
        (LOGIN, Answer(status=302, back=True), "failed"),
        (LOGIN, Answer(status=400), "failed"),
        (LOGIN, Answer(status=401, names=named("mfa_required")), "failed"),
        (LOGIN, Answer(status=429), "failed"),
        (LOGIN, Answer(status=500), "failed"),
        # It goes on elsewhere.
        (LOGIN, Answer(status=302), None),
        (LOGIN, Answer(status=200, names=named("mfaRequired")), None),
        (LOGIN, Answer(status=200, names=named("pending_otp_user")), None),
        (LOGIN, Answer(status=302, back=True, names=named("tf_user_id")), None),
        # A token lets in without a session.
        (LOGIN, Answer(status=200, json=True, names=named("access_token")), "done"),
        (LOGIN, Answer(status=200, json=True, names=named("token", "mfa_required")), None),
        # What is told when it is done was not done.
        (REGISTER, Answer(status=200), "failed"),
        (REGISTER, Answer(status=302), "failed"),
        (REGISTER, Answer(status=400), "failed"),
        # What is never told.
        (REFRESH, Answer(status=200, json=True), "done"),
        (REFRESH, Answer(status=302), "failed"),
        (REFRESH, Answer(status=400, json=True), "failed"),
        (VERIFY, Answer(status=302), "done"),
        (VERIFY, Answer(status=200, json=True), "done"),
        (VERIFY, Answer(status=200), "failed"),
    ],
)
def test_an_answer_says_whether_it_was_done(
    expected: Expected, answer: Answer, said: str | None
) -> None:
    assert verdict(expected, answer) == said


def returned(*, logged_in: bool = False, logins: bool = True, **more: bool) -> Return:
    given = {"received": True, "answered": True, **more}
    return Return(logged_in=logged_in, logins=logins, **given)


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (returned(logged_in=True), 302, ("SOCIAL_LINK", "done")),
        (returned(), 302, ("LOGIN", "failed")),
        (returned(logins=False), 302, ("LOGIN", "done")),
        (returned(logins=False, logged_in=True), 302, ("LOGIN", "done")),
        (returned(received=False), 302, ("LOGIN", "failed")),
        (returned(received=False, logged_in=True), 302, ("SOCIAL_LINK", "failed")),
        (returned(received=False, answered=False), 302, None),
        (returned(received=False, answered=False), 500, ("LOGIN", "failed")),
        (returned(logins=False), 500, ("LOGIN", "failed")),
    ],
)
def test_a_return_from_a_provider_is_a_login_or_a_link(
    given: Return, status: int, said: tuple[str, str] | None
) -> None:
    assert verdict_of_return(given, Answer(status=status)) == said


def test_a_return_may_ask_for_a_second_factor() -> None:
    assert verdict_of_return(returned(), Answer(status=302, names=named("tf_user_id"))) is None


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("mfa_required", True),
        ("mfaRequired", True),
        ("MFA", True),
        ("tf_state", True),
        ("requires2FA", True),
        ("two_factor", True),
        ("pending-otp", True),
        ("totpToken", True),
        ("platform", False),
        ("manufacturer", False),
        ("portfolio", False),
        ("user", False),
        ("", False),
    ],
)
def test_a_name_may_be_about_a_second_factor(name: str, asks: bool) -> None:
    assert asks_for_more([name]) == asks


@pytest.mark.parametrize(
    ("name", "gives"),
    [
        ("access_token", True),
        ("accessToken", True),
        ("token", True),
        ("authentication_token", True),
        ("csrf_token", False),
        ("next_token", False),
        ("token_type", False),
    ],
)
def test_a_name_may_be_that_of_a_token(name: str, gives: bool) -> None:
    assert gives_token([name]) == gives


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"a": 1, "b": 0, "c": None, "d": ""}, {"a"}),
        ({"a": {"b": True, "c": {"d": 1}}}, {"a", "b", "c"}),
        ([{"a": 1}], set()),
        ("a", set()),
        (None, set()),
    ],
)
def test_the_names_of_a_body_are_those_that_say_yes(body: object, names: set[str]) -> None:
    assert names_of(body) == names


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("access_denied", True),
        ("server_error", True),
        ("Sorry, alice!", False),
        ("a" * 61, False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_an_error_of_a_provider_is_a_code(said: object, is_one: bool) -> None:
    assert code(said) == (said if is_one else None)
