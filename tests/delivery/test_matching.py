from __future__ import annotations

import time

import pytest

from flask_auditlog.delivery.matching import check_patterns
from flask_auditlog.delivery.matching import Matcher
from flask_auditlog.delivery.matching import PATTERN_CHARS
from flask_auditlog.delivery.matching import PATTERNS
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.event import Actor
from flask_auditlog.event import encode
from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.event import READ_TYPE
from flask_auditlog.event import Record
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.wildcards import is_like


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "anything.at.all", True),
        ("*", "", True),
        ("access.*", "access.LOGIN", True),
        ("access.*", "access.", True),
        ("access.*", "access", False),
        ("access.LOGIN", "access.LOGIN", True),
        ("access.LOGIN", "access.LOGIN_ERROR", False),
        ("access.LOGIN", "Access.Login", False),
        ("admin.CLIENT-*", "admin.CLIENT-CREATE", True),
        ("admin.CLIENT-*", "admin.CLIENT_ROLE-CREATE", False),
        ("*_ERROR", "access.LOGIN_ERROR", True),
        ("*_ERROR", "access.LOGIN_ERRORS", False),
        ("admin.*-CREATE", "admin.USER-CREATE", True),
        ("admin.*-CREATE", "admin.-CREATE", True),
        ("admin.*-CREATE", "admin.CREATE", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "acb", False),
        ("a*a", "a", False),
        ("ab*ba", "aba", False),
        ("**", "x", True),
        ("a**b", "ab", True),
        ("", "x", False),
        # No regular expression of a stranger's is ever run.
        ("a.c", "abc", False),
        ("[a-z]+", "abc", False),
        ("a?c", "abc", False),
    ],
)
def test_a_star_stands_for_anything(pattern: str, text: str, fits: bool) -> None:
    assert is_like(pattern, text) is fits


def test_no_pattern_is_slow() -> None:
    pattern, text = "a*" * 127 + "b", "a" * 100_000
    began = time.monotonic()
    assert not is_like(pattern, text)
    assert not is_like("*a" * 127 + "*b*", text)
    # Backtracking would not end within the age of the universe.
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "given",
    [
        [""],
        ["a" * (PATTERN_CHARS + 1)],
        [7],
        [None],
        ["a\r\nb"],
        ["a\x00"],
        ["*"] * (PATTERNS + 1),
    ],
)
def test_what_is_no_pattern_is_refused(given: list[object]) -> None:
    with pytest.raises(InvalidEvent) as raised:
        check_patterns(["access.*", *given])
    assert raised.value.faults[0].field == "eventTypes"


def test_patterns_are_kept_in_their_order_and_once() -> None:
    assert check_patterns(["b.*", "a.*", "b.*", "é"]) == ("b.*", "a.*", "é")
    assert check_patterns([]) == ()
    assert len(check_patterns([f"{n}.*" for n in range(PATTERNS)])) == PATTERNS
    assert check_patterns(["a" * PATTERN_CHARS])


def endpoint(**more: object) -> Endpoint:
    given: dict[str, object] = {
        "id": "one",
        "realm": "default",
        "url": "https://example.com",
        "event_types": ("*",),
    }
    return Endpoint(**given | more)  # type: ignore[arg-type]


def event(type_: str = "invoice.paid", **more: object) -> Event:
    given: dict[str, object] = {
        "uid": new_uid(),
        "time": 1,
        "realm_id": "default",
        "type": type_,
        "source": "api",
    }
    return Event(**given | more)  # type: ignore[arg-type]


def record(event: Event, position: int) -> Record:
    """Return *event* as it stands in the log."""
    made = encode(event)
    return Record(
        position=position,
        received_time=1,
        time=event.time,
        body=made.body,
        salt=made.salt,
        digest=made.digest,
    )


@pytest.mark.parametrize(
    ("is_wanted", "given", "happened"),
    [
        (True, {}, {}),
        (False, {"event_types": ()}, {}),
        (True, {"event_types": ("x", "invoice.*")}, {}),
        (False, {"realm": "acme"}, {}),
        (True, {"organization_id": "o1"}, {"organization_id": "o1"}),
        (False, {"organization_id": "o1"}, {"organization_id": "o2"}),
        # An event of no organization is not for any.
        (False, {"organization_id": "o1"}, {}),
        (True, {}, {"organization_id": "o2"}),
        (True, {"since_position": 6}, {}),
        (False, {"since_position": 7}, {}),
        (False, {"exclude_clients": ("mine",)}, {"auth_details": Actor(client_id="mine")}),
        (True, {"exclude_clients": ("mine",)}, {"auth_details": Actor(client_id="other")}),
        (True, {"exclude_clients": ("mine",)}, {"auth_details": Actor(user_id="mine")}),
        (True, {"exclude_clients": ("mine",)}, {}),
        # Of a disabled one it is known what it would have had.
        (True, {"enabled": False}, {}),
        # Who is sent each read of the log, and reads, would never end.
        (False, {}, {"type_": READ_TYPE}),
        (False, {"event_types": ("admin.*",)}, {"type_": READ_TYPE}),
        (True, {"event_types": (READ_TYPE,)}, {"type_": READ_TYPE}),
        (True, {"event_types": ("admin.AUDIT_LOG-*",)}, {"type_": READ_TYPE}),
        (True, {}, {"type_": "admin.AUDIT_LOG-CREATE"}),
        (True, {}, {"type_": "system.MAINTENANCE"}),
    ],
)
def test_an_endpoint_wants_what_it_may_see_and_asked_for(
    is_wanted: bool, given: dict[str, object], happened: dict[str, object]
) -> None:
    matcher = Matcher([endpoint(**given)])
    wanted = [each.id for each in matcher.wanting(record(event(**happened), 7))]  # type: ignore[arg-type]
    assert wanted == ["one"] * is_wanted


def test_each_endpoint_is_asked_for_itself() -> None:
    matcher = Matcher(
        [
            endpoint(id="all"),
            endpoint(id="logins", event_types=("access.*",)),
            endpoint(id="other", realm="acme"),
            endpoint(id="bound", organization_id="o1"),
        ]
    )
    for _ in range(2):
        found = matcher.wanting(record(event("access.LOGIN", organization_id="o1"), 7))
        assert [each.id for each in found] == ["all", "logins", "bound"]
        found = matcher.wanting(record(event(realm_id="acme"), 7))
        assert [each.id for each in found] == ["other"]
        assert matcher.wanting(record(event(realm_id="nowhere"), 7)) == []


def test_types_that_strangers_make_up_are_not_kept_for_ever() -> None:
    matcher = Matcher([endpoint()])
    for number in range(5000):
        assert matcher.wanting(record(event(f"made.up-{number}"), 7))
    assert len(matcher._known) <= 1000  # noqa: SLF001
