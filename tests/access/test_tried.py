"""A name that was tried is kept, unless somebody may have typed a password into its field."""

from __future__ import annotations

import pytest

from flask_auditlog.capture.tried import shown
from flask_auditlog.capture.tried import tried

NAMES = """
alice
bob42
j.smith
john.smith2
JohnSmith
Alice Smith
O'Brien
müller
李雷
x
alice@acme.test
Alice.B+audit@mail.acme.co.uk
o'brien@acme.test
jürgen@müller.example
A1b2C3d4@acme.test
ACME\\alice
@alice
+43 660 1234567
(0660) 123 45 67
1234567
summer
hunter2
""".strip().splitlines()

PASSWORDS = """
P@ssw0rd
p@ssword
p4ssw0rd
hunter2!
Summer2024
S3cret
correct-Horse7-battery
correct horse battery staple
k3j4h5k2j3h4k5j2
550e8400-e29b-41d4-a716-446655440000
$ecret
a;b
<script>
pass=word
alice@acme
""".strip().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown(name: str) -> None:
    assert shown(name) == name


@pytest.mark.parametrize("name", PASSWORDS)
def test_what_looks_like_a_password_is_masked(name: str) -> None:
    assert shown(name) == "[masked]"


def test_a_name_has_a_length() -> None:
    assert shown("a" * 64) == "a" * 64
    assert shown("a" * 65) == "[masked]"


def test_the_length_of_an_address_is_that_of_mail() -> None:
    longest = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example"
    assert len(longest) <= 254
    assert shown(longest) == longest
    assert shown(longest.replace("@", "@e.fghijklmnop.")) == "[masked]"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"username": "alice"}, "alice"),
        ({"username": "  alice "}, "alice"),
        ({"username": "", "email": "alice@acme.test"}, "alice@acme.test"),
        ({"username": "alice", "email": "bob@acme.test"}, "alice"),
        ({"username": ["alice"]}, None),
        ({"username": {"$gt": ""}}, None),
        ({"username": None}, None),
        ({"username": 7}, None),
        ({"password": "alice"}, None),
        ({}, None),
    ],
)
def test_the_first_field_that_is_filled_is_kept(given: dict[str, object], name: str | None) -> None:
    assert tried(given, ["username", "email"]) == name


def test_a_long_name_takes_no_long_time() -> None:
    assert shown("a.@" * 1_000_000) == "[masked]"
    assert shown("a" * 1_000_000 + "!") == "[masked]"
    assert shown("a1" * 500_000) == "[masked]"
