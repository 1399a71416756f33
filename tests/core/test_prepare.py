from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flask_auditlog import Actor
from flask_auditlog import Event
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import ReservedType
from flask_auditlog.errors import ScopeError
from flask_auditlog.event import Draft
from flask_auditlog.recorder import Context
from flask_auditlog.recorder import prepare
from flask_auditlog.recorder.prepare import CLOCK_SKEW
from flask_auditlog.recorder.prepare import LENGTHS

NOW = 1_700_000_000_000
ALICE, BOB = Actor(username="alice"), Actor(username="bob")
ORDINARY = Context(realm="r", source="api", actor=ALICE, request_id="q", user_agent="curl")
TRUSTED = replace(ORDINARY, trusted=True)
UID = "01890a5d-ac96-774b-bcce-b302099a8057"


def made(context: Context = ORDINARY, **given: Any) -> Event:
    return prepare(Draft(**{"type": "a.b", **given}), context, now=NOW)


def fault(context: Context = ORDINARY, **given: Any) -> str | None:
    with pytest.raises(InvalidEvent) as error:
        made(context, **given)
    (each,) = error.value.faults
    return each.field


def test_an_event_is_completed_with_who_and_where() -> None:
    event = made()
    assert (event.time, event.realm_id, event.auth_details) == (NOW, "r", ALICE)
    assert (event.request_id, event.user_agent, event.source) == ("q", "curl", "api")


def test_an_ordinary_caller_cannot_say_who_they_are() -> None:
    event = made(uid=UID, id="x", realm_id="other", realm_name="other", auth_details=BOB)
    assert event.uid != UID
    assert (event.realm_id, event.auth_details) == ("r", ALICE)


def test_a_trusted_caller_may_say_who_it_was() -> None:
    event = made(TRUSTED, uid=UID.upper(), time=NOW, auth_details=BOB)
    assert (event.uid, event.auth_details) == (UID, BOB)


def test_a_trusted_caller_cannot_name_another_realm() -> None:
    assert made(TRUSTED, realm_id="other").realm_id == "r"


@pytest.mark.parametrize("time", [NOW - 1, NOW + 1, NOW + CLOCK_SKEW])
def test_an_event_sent_again_under_its_uid_is_the_same_event(time: int) -> None:
    draft = Draft(type="a.b", uid=UID, time=time)
    there = replace(TRUSTED, actor=Actor(username="alice", ip_address="192.0.2.1"))
    here = Context(
        realm="r",
        source="api",
        actor=Actor(username="alice", ip_address="192.0.2.2"),
        trusted=True,
        request_id="other",
    )
    first = prepare(draft, there, now=NOW)
    assert first == prepare(draft, here, now=NOW + 10)
    assert (first.time, first.auth_details) == (time, ALICE)


def test_an_api_caller_that_names_the_uid_says_when_it_happened() -> None:
    assert fault(TRUSTED, uid=UID) == "time"
    assert fault(TRUSTED, uid=UID, time=NOW + CLOCK_SKEW + 1) == "time"
    assert made(replace(TRUSTED, source="capture"), uid=UID).uid == UID


def test_an_address_that_is_given_stays_with_a_named_uid() -> None:
    who = Actor(ip_address="192.0.2.9")
    assert made(TRUSTED, uid=UID, time=NOW, auth_details=who).auth_details == who


def test_a_caller_bound_to_an_organization_names_no_uid() -> None:
    bound = replace(TRUSTED, organization_id="acme", bound=True)
    assert made(bound, uid=UID).uid != UID
    assert made(bound, uid=UID, time=NOW).request_id == "q"


@pytest.mark.parametrize("type_", ["access.X", "admin.X", "system.X", "Access.X", "SYSTEM.x"])
def test_reserved_types_are_for_those_who_are_trusted(type_: str) -> None:
    with pytest.raises(ReservedType) as error:
        made(type=type_)
    assert error.value.faults[0].field == "type"
    assert made(TRUSTED, type=type_).type == type_


@pytest.mark.parametrize("type_", ["access", "accessx.y", "my.access.LOGIN", "administration.x"])
def test_what_only_resembles_a_reserved_type_is_free(type_: str) -> None:
    assert made(type=type_).type == type_


@pytest.mark.parametrize("type_", ["", " ", " a", "a ", "a\nb", "a\x1b[1m", "a\u202eb", "a\ud800"])
def test_a_type_is_printable(type_: str) -> None:
    assert fault(type=type_) == "type"


def test_system_events_have_no_actor() -> None:
    assert made(TRUSTED, type="system.DOWN", auth_details=BOB).auth_details is None


@pytest.mark.parametrize("time", [0, 1, NOW - 1, NOW])
def test_an_event_may_lie_in_the_past(time: int) -> None:
    assert made(time=time).time == time


@pytest.mark.parametrize("ahead", [1, CLOCK_SKEW])
def test_a_clock_that_is_a_little_ahead_is_set_right(ahead: int) -> None:
    event = made(time=NOW + ahead, details={"a": 1})
    assert event.time == NOW
    assert event.details == {"a": 1, "givenTime": NOW + ahead}


@pytest.mark.parametrize("time", [-1, NOW + CLOCK_SKEW + 1, 2**70])
def test_the_future_is_refused(time: int) -> None:
    assert fault(time=time) == "time"


@pytest.mark.parametrize("uid", ["", "x", "01890a5d", "../../etc"])
def test_a_uid_is_a_uuid(uid: str) -> None:
    assert fault(TRUSTED, uid=uid, time=NOW) == "uid"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"])
def test_an_address_is_an_ip_address(address: str) -> None:
    who = Actor(ip_address=address)
    assert made(TRUSTED, auth_details=who).auth_details == who


GITHUB = "ghp_0123456789abcdefghijABCDEFGHIJ"


@pytest.mark.parametrize(
    "address", ["", "x", "1.2.3", "192.0.2.0/24", GITHUB, f"fe80::1%{GITHUB}", "192.0.2.1:80"]
)
def test_what_is_no_address_is_refused_and_from_others_replaced(address: str) -> None:
    assert fault(TRUSTED, auth_details=Actor(ip_address=address)) == "ipAddress"
    assert made(auth_details=Actor(ip_address=address)).auth_details == ALICE


@pytest.mark.parametrize(
    "secret", [GITHUB, f"a {GITHUB}", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"]
)
@pytest.mark.parametrize("name", ["type", "organization_id"])
def test_a_name_that_looks_like_a_secret_is_refused_unsaid(name: str, secret: str) -> None:
    for _ in range(2):
        with pytest.raises(InvalidEvent) as error:
            made(TRUSTED, **{name: secret})
        (each,) = error.value.faults
        assert each.field == wire(name)
        assert secret not in str(error.value)


def test_the_number_of_an_organization_is_no_card() -> None:
    assert made(TRUSTED, organization_id="4111111111111111").organization_id is not None


EVENT_FIELDS = ["type", "organization_id", "resource_type", "resource_path", "error"]
ACTOR_FIELDS = ["client_id", "user_id", "username", "session_id", "realm_id"]


def wire(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("character", ["x", "ü", "\U0001f600"])
@pytest.mark.parametrize("name", EVENT_FIELDS + ACTOR_FIELDS)
def test_a_value_may_be_as_long_as_its_limit_and_no_longer(name: str, character: str) -> None:
    limit = LENGTHS[wire(name)]
    size = len(character.encode())
    fits, over = character * (limit // size), character * (limit // size + 1)

    def given(value: str) -> dict[str, Any]:
        return {"auth_details": Actor(**{name: value})} if name in ACTOR_FIELDS else {name: value}

    made(TRUSTED, **given(fits))
    assert fault(TRUSTED, **given(over)) == wire(name)


@pytest.mark.parametrize(
    ("context", "given", "stored"),
    [
        (Context(realm="r", source="api"), None, None),
        (Context(realm="r", source="api", organization_id="acme"), None, "acme"),
        (Context(realm="r", source="api", organization_id="acme"), "acme", "acme"),
        (Context(realm="r", source="api", trusted=True), "acme", "acme"),
        (Context(realm="r", source="api", organization_id="acme", trusted=True), "b", "b"),
        (Context(realm="r", source="api", organization_id="a", bound=True), None, "a"),
    ],
)
def test_the_organization_is_the_callers_or_one_they_may_name(
    context: Context, given: str | None, stored: str | None
) -> None:
    assert made(context, organization_id=given).organization_id == stored


@pytest.mark.parametrize(
    "context",
    [
        Context(realm="r", source="api"),
        Context(realm="r", source="api", organization_id="acme"),
        Context(realm="r", source="api", organization_id="acme", bound=True, trusted=True),
    ],
)
def test_nobody_else_speaks_for_an_organization(context: Context) -> None:
    with pytest.raises(ScopeError):
        made(context, organization_id="other")
