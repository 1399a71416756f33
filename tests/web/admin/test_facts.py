"""What stands beside an event."""

from __future__ import annotations

from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.store import Scope
from flask_auditlog.web.admin.facts import Fact
from flask_auditlog.web.admin.facts import facts_of
from tests.web.admin.samples import event
from tests.web.admin.samples import MAC
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.samples import record

EVERYTHING = Scope(realm="default", organization_id=None)
NORTHWIND = Scope(realm="default", organization_id="northwind")


def facts(it: Event, scope: Scope = EVERYTHING) -> dict[str, Fact]:
    """The facts by name."""
    sections = facts_of(record(it, position=4_182_907), scope)
    return {f"{s.name}/{f.name}": f for s in sections for f in s.facts}


def test_a_full_event_has_every_fact() -> None:
    found = facts(
        event(
            auth_details=MAYA,
            organization_id="northwind",
            resource_type="USER",
            resource_path="users/7",
            user_agent=MAC,
            request_id="r1",
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
    )
    assert found["Actor/User"].value == "maya@acme.test"
    assert found["Actor/Organization"].filter == "org"
    assert found["Request/IP"].note == "IPv4, for documentation"
    assert found["Resource/Path"].value == "users/7"
    assert found["Request/Browser"].value == "Chrome 114 on macOS"
    assert found["Request/Browser"].folded == MAC
    assert found["Request/Trace"].value == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert found["Record/Position"].value == "4,182,907"
    assert found["Record/Received"].value == "12:15:04.003 UTC"
    assert found["Record/Received"].note == "3 ms later"
    assert (found["Record/Source"].value, found["Record/Source"].filter) == ("capture", "source")
    assert len(found["Record/Digest"].value) == 64


def test_what_is_not_known_is_left_out() -> None:
    assert {name.partition("/")[0] for name in facts(event())} == {"Record"}


def test_a_reader_of_one_organization_is_not_told_the_position() -> None:
    assert "Record/Position" not in facts(event(), NORTHWIND)


def test_a_user_agent_nobody_knows_is_shown_as_it_is() -> None:
    assert facts(event(user_agent="our program"))["Request/Agent"].value == "our program"


def test_a_bot_and_a_tool_are_called_so() -> None:
    assert facts(event(user_agent="kube-probe/1.27"))["Request/Bot"].folded == "kube-probe/1.27"
    assert facts(event(user_agent="curl/7.88.1"))["Request/Tool"].value == "curl 7.88.1"


def test_the_realm_of_an_actor_is_told_when_it_is_another() -> None:
    assert "Actor/Realm" not in facts(event(auth_details=MAYA))
    assert facts(event(auth_details=Actor(realm_id="master")))["Actor/Realm"].value == "master"


def test_an_event_of_another_day_says_when_it_was_received() -> None:
    sections = facts_of(record(event(), received_time=NOON + 2 * 86_400_000), EVERYTHING)
    (received,) = [f for s in sections for f in s.facts if f.name == "Received"]
    assert received.value == "Wed 12 July 2023, 12:15:04.000 UTC"
    assert received.note == "2 days later"
