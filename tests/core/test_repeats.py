"""What happens too often is counted; a table of clocks and calls."""

from __future__ import annotations

import math
from typing import Any

from flask_auditlog import Actor
from flask_auditlog.event import Draft
from flask_auditlog.recorder import Context
from flask_auditlog.state import Counted
from flask_auditlog.state import Repeats
from flask_auditlog.state import Told
from flask_auditlog.state.repeats import common
from flask_auditlog.state.repeats import MOST
from flask_auditlog.state.repeats import WINDOW


def told(path: str = "/a", *, realm: str = "default", **context: Any) -> Told:
    draft = Draft(type="a", resource_path=path, details={"path": path, "status": 403})
    return Told(draft=draft, context=Context(realm=realm, source="capture", **context))


def offer(repeats: Repeats, times: int, *, key: Any = 1, now: float = 0.0, **more: Any) -> int:
    """Offer the same several times; return how many passed."""
    what = more.pop("what", told())
    at_once = more.pop("at_once", 5)
    return sum(
        repeats.passes(key, what, at_once=at_once, now=now, time=int(now * 1000))
        for _ in range(times)
    )


def numbers(counted: list[Counted]) -> list[int]:
    return [each.number for each in counted]


def test_some_pass_and_the_rest_is_counted() -> None:
    repeats = Repeats()
    assert offer(repeats, 5) == 5
    assert repeats.due == math.inf
    assert offer(repeats, 10, now=1.0) == 0
    assert offer(repeats, 5, now=WINDOW - 1) == 0
    assert repeats.due == WINDOW
    assert repeats.collect(WINDOW - 0.1) == []
    (counted,) = repeats.collect(WINDOW)
    assert (counted.number, counted.first, counted.last) == (15, 1000, int((WINDOW - 1) * 1000))
    assert repeats.collect(math.inf) == []
    assert repeats.due == math.inf


def test_the_next_minute_begins_anew_and_nothing_is_forgotten() -> None:
    repeats = Repeats()
    offer(repeats, 7)
    assert offer(repeats, 7, now=WINDOW) == 5
    assert numbers(repeats.collect(WINDOW)) == [2]
    assert numbers(repeats.collect(math.inf)) == [2]


def test_others_are_counted_by_themselves() -> None:
    repeats = Repeats()
    assert [offer(repeats, 6, key=key) for key in "ab"] == [5, 5]
    assert numbers(repeats.collect(math.inf)) == [1, 1]


def test_none_may_pass_at_once() -> None:
    repeats = Repeats()
    assert offer(repeats, 3, at_once=0) == 0
    assert numbers(repeats.collect(math.inf)) == [3]


def test_many_callers_fill_neither_log_nor_memory() -> None:
    repeats = Repeats()
    passed = sum(offer(repeats, 1, key=key, what=told(f"/{key}")) for key in range(10 * MOST))
    counted = repeats.collect(math.inf)
    assert passed == MOST
    assert numbers(counted) == [9 * MOST]
    assert counted[0].told is not None
    assert counted[0].told.draft.details == {"status": 403}


def test_whom_it_counts_already_is_not_hidden_by_others() -> None:
    repeats = Repeats()
    offer(repeats, 1, key="mallory")
    for key in range(2 * MOST):
        offer(repeats, 1, key=key)
    assert offer(repeats, 9, key="mallory") == 4
    assert sorted(numbers(repeats.collect(math.inf))) == [5, MOST + 1]


def test_what_could_not_be_told_is_kept() -> None:
    repeats = Repeats()
    offer(repeats, 7)
    (counted,) = repeats.collect(math.inf)
    repeats.put_back(counted, 100.0)
    assert repeats.due == 100.0 + WINDOW
    assert repeats.collect(100.0 + WINDOW) == [counted]


def test_what_could_not_be_told_for_long_stays_bounded() -> None:
    repeats = Repeats()
    for number in range(3 * MOST):
        repeats.put_back(Counted(ends=0, number=1, told=told(f"/{number}"), first=number), 0.0)
    counted = repeats.collect(math.inf)
    assert len(counted) == MOST
    assert sum(numbers(counted)) == 3 * MOST


def test_a_child_process_does_not_tell_what_its_parent_counted() -> None:
    repeats = Repeats()
    offer(repeats, 9)
    repeats.after_fork()
    assert (repeats.due, repeats.collect(math.inf)) == (math.inf, [])


ALICE = Actor(user_id="1", username="alice", ip_address="192.0.2.1")


def test_of_many_is_said_what_is_true_of_each() -> None:
    one = told("/a", actor=ALICE, organization_id="acme", request_id="r", user_agent="x")
    other = told("/b", actor=Actor(user_id="1", ip_address="192.0.2.2"), organization_id="acme")
    both = common(one, other)
    assert both.draft == Draft(type="a", details={"status": 403})
    assert both.context == Context(
        realm="default", source="capture", actor=Actor(user_id="1"), organization_id="acme"
    )


def test_of_several_organizations_it_is_the_event_of_none() -> None:
    one = told(organization_id="acme")
    assert common(one, told(organization_id="globex")).context.organization_id is None
    assert common(one, told()).context.organization_id is None
    elsewhere = told(realm="staging", organization_id="acme")
    assert common(one, elsewhere).context.organization_id is None
