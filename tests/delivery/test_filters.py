"""The filter of an endpoint: what it leaves out, and what it may say."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.delivery.filters import check_filter
from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.event import Actor
from flask_auditlog.store.language import LONGEST
from tests.delivery.test_matching import endpoint
from tests.delivery.test_matching import event
from tests.delivery.test_matching import record

LARGE = "org:acme -type:access.* details.amount:>=1000"


def happened(**more: Any) -> Any:
    given = {"organization_id": "acme", "details": {"amount": 1000}} | more
    return record(event(**given), 7)


@pytest.mark.parametrize(
    ("is_sent", "more"),
    [
        (True, {}),
        (False, {"organization_id": "other"}),
        (False, {"type_": "access.LOGIN"}),
        (False, {"details": {"amount": 999.99}}),
        (False, {"details": {"amount": "1000"}}),
        (False, {"details": None}),
    ],
)
def test_what_the_filter_finds_is_sent(is_sent: bool, more: dict[str, Any]) -> None:
    made = expand([happened(**more)], [endpoint(enabled=True, filter=LARGE)])
    assert [each.state for each in made] == ["pending"] * is_sent


def test_a_filter_widens_nothing() -> None:
    told = happened(auth_details=Actor(client_id="mine"))
    for more in (
        {"event_types": ("access.*",)},
        {"organization_id": "other"},
        {"exclude_clients": ("mine",)},
        {"since_position": 7},
        {"realm": "acme"},
    ):
        assert expand([told], [endpoint(filter="-user:nobody", **more)]) == []


def test_a_replay_asks_it_too() -> None:
    events = [happened(), happened(details={"amount": 1})]
    assert wanted(events, endpoint(filter=LARGE)) == events[:1]


def test_what_passes_a_filter_that_only_a_newer_version_reads_is_held() -> None:
    """Sent, it might be what was left out; dropped, what was wanted."""
    newer = endpoint(id="newer", enabled=True, filter="colour:red")
    made = expand([happened()], [endpoint(enabled=True, filter="org:acme"), newer])
    assert [each.state for each in made] == ["pending", "held"]
    with pytest.raises(InvalidWebhook):
        wanted([happened()], newer)


@pytest.mark.parametrize(
    ("text", "kept"), [(None, None), ("", None), (" \n", None), (f" {LARGE} ", LARGE)]
)
def test_a_filter_is_kept_as_it_was_typed(text: str | None, kept: str | None) -> None:
    assert check_filter(text) == kept


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("acter:alice", "Unknown field `acter` at 1: did you mean `actor`?", 1),
        ("type:a (actor:b", "The parenthesis opened at 8 is not closed.", 8),
        ("details.a:>=many", "`details.…` at 11 is compared with a number, such as 12.5.", 11),
        ("details.a:2000..1000", "`details.…` at 11 ends before it begins.", 11),
        ("details.a:x..y", "`details.…` at 11 has a range of what is no number.", 11),
        ("after:2026-11-02 before:2026-11-01", "`after` must be earlier than `before`.", None),
        ("after:-7d", "`after` counts from now", None),
        ("-(a OR time:2026-01-01..now)", "`time` counts from now", None),
        ("time:>=today", "`time` counts from now", None),
        ("a" * (LONGEST + 1), "at most 2,000 characters", None),
        (" ".join("ab" * 101), "at most 100 terms", None),
        (" ".join("abcdefghijk"), "at most 10 free texts", None),
        (" OR ".join(f"details.a:*{n}*" for n in range(11)), "at most 10 free texts", None),
        ("(" * 21 + "a" + ")" * 21, "at most 20 deep", 21),
        ("x\0", "no event holds", 2),
        ("\ud800", "no event holds", 1),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_as_a_search_is(
    text: str, said: str, column: int | None
) -> None:
    with pytest.raises(InvalidWebhook) as raised:
        check_filter(text)
    (fault,) = raised.value.faults
    assert (fault.field, fault.column) == ("filter", column)
    assert said in fault.message


def test_a_filter_may_name_many_values_and_some_texts() -> None:
    text = " ".join(f"-actor:a{n}" for n in range(90)) + " " + " ".join("abcdefghij")
    assert check_filter(text) == text


def test_a_filter_may_name_a_day() -> None:
    text = "after:2026-11-01 time:<2027-01-01T00:00:00Z"
    assert check_filter(text) == text
