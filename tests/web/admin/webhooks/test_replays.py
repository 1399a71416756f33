"""Events are sent again from a page: counted first, then begun, watched and cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.event import encode
from flask_auditlog.store import SqlStore
from flask_auditlog.store.promises.again import Asked
from flask_auditlog.store.promises.again import RATE
from flask_auditlog.store.promises.again import Replay
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.web.admin.webhooks.asked_again import asked_of
from flask_auditlog.web.admin.webhooks.asked_again import typed_of
from flask_auditlog.web.admin.webhooks.form import faults_by_field
from flask_auditlog.web.admin.webhooks.replay_page import line_of
from tests.web.admin.samples import event
from tests.web.admin.webhooks.conftest import EVERYTHING
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded

ALL = "replays?kind=replay&after=2020-01-01T00:00"


@pytest.fixture
def made(store: SqlStore, hook: Hook) -> Endpoint:
    """A webhook that wants three events that there are."""
    made = hook(event_types=["a.*"])
    store.append([encode(event(f"a.{number}")) for number in range(3)])
    store.deliveries.fan_out(lambda *_: [], limit=1000)
    return made


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"kind": "recover", "after": "1970-01-01T00:00"}, Asked(kind="recover", after=0)),
        ({"kind": "replay", "after": "0", "held": "on"}, Asked(kind="replay", after=0)),
        (
            {"kind": "recover", "after": "0", "held": "on", "rate": "5", "more": "x"},
            Asked(kind="recover", after=0, held=True, rate=5.0),
        ),
        ({"kind": "missing", "after": " ", "before": "0"}, Asked(kind="missing", before=0)),
    ],
)
def test_what_is_typed_is_what_is_asked(typed: dict[str, str], asked: Asked) -> None:
    assert asked_of(typed_of(typed)) == asked
    assert asked.rate in (RATE, 5.0)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "kind"), ({"kind": "all"}, "kind"), ({"kind": "replay", "after": "soon"}, "after")],
)
def test_what_cannot_be_read_is_told(typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidWebhook) as caught:
        asked_of(typed)
    assert set(faults_by_field(caught.value.faults)) == {field}


def test_it_is_counted_before_it_is_begun(admin: Person, store: SqlStore, made: Endpoint) -> None:
    address = f"/audit/webhooks/{made.id}"
    page = admin.look(f"{address}/{ALL}")
    assert "3 deliveries would be made" in page.text
    assert store.replays.all(made.id, EVERYTHING, first=0, limit=9) == []
    assert admin.send(f"{address}/{ALL}").location == f"{address}/replays"
    (job,) = store.replays.all(made.id, EVERYTHING, first=0, limit=9)
    assert (job.kind, job.planned, job.created_by) == ("replay", 3, "admin")
    (act,) = recorded(store, "admin.WEBHOOK-ACTION")
    assert (act.details or {})["action"] == "replay"

    page = admin.look(f"{address}/replays")
    assert "0 of 3 made" in page.text
    admin.send(f"{address}/replays")
    assert "Cancelled" in admin.look(f"{address}/replays").text


def test_nothing_to_send_is_nothing_to_begin(admin: Person, made: Endpoint) -> None:
    page = admin.look(f"/audit/webhooks/{made.id}/replays?kind=recover&after=2020-01-01T00:00")
    assert "There is nothing of that kind" in page.text
    assert [each.text for each in page.all("button")] == ["Count first"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=recover", "after"),
        ("kind=replay&before=2020-01-01", "after"),
        ("kind=replay&after=soon", "after"),
        ("kind=replay&after=2020-01-01&rate=fast", "rate"),
        ("kind=x&after=2020-01-01", "kind"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    admin: Person, made: Endpoint, query: str, field: str
) -> None:
    page = admin.look(f"/audit/webhooks/{made.id}/replays?{query}", status=400)
    assert page.one("span", id=f"{field}-error-1").text


def test_what_was_changed_in_the_form_is_checked_again(admin: Person, made: Endpoint) -> None:
    answer = admin.send(f"/audit/webhooks/{made.id}/{ALL}", rate="-1")
    assert answer.status_code == 400
    assert "rate is from" in answer.text


def test_two_at_a_time_are_refused(admin: Person, made: Endpoint) -> None:
    address = f"/audit/webhooks/{made.id}/{ALL}"
    assert admin.send(address).status_code == 303
    answer = admin.send(address)
    assert answer.status_code == 409
    assert "is running" in answer.text


def test_who_may_only_look_sees_how_far_it_is(person: Any, made: Endpoint) -> None:
    admin, viewer = person("admin"), person("viewer")
    address = f"/audit/webhooks/{made.id}"
    admin.send(f"{address}/{ALL}")
    page = viewer.look(f"{address}/{ALL}")
    assert "0 of 3 made" in page.text
    assert page.all("form") == []


def test_to_a_disabled_one_nothing_is_sent_again(admin: Person, hook: Hook) -> None:
    page = admin.look(f"/audit/webhooks/{hook(enabled=False).id}/replays")
    assert "Enable it first" in page.text
    assert page.all("button") == []


@pytest.mark.parametrize(
    ("more", "range_", "progress", "share"),
    [
        ({"after_time": 0, "planned": 4, "made": 1}, "since 1 Jan 1970, 00:00", "1 of 4", 25),
        ({"before_time": 0, "planned": 0}, "until 1 Jan 1970, 00:00", "0 of 0", 0),
        ({"planned": 10_000, "is_exact": False}, "by position", "0 of more than 10,000", 0),
        ({"planned": 4, "made": 9, "state": "done"}, "by position", "9", 100),
        ({"planned": 4, "made": 9}, "by position", "9 of 4", 100),
        (
            {"after_time": 0, "before_time": 60_000},
            "1 Jan 1970, 00:00 to 1 Jan 1970, 00:01",
            "0 of 0",
            0,
        ),
    ],
)
def test_a_replay_is_one_line(
    more: dict[str, Any], range_: str, progress: str, share: float
) -> None:
    line = line_of(Replay(**({"id": "1", "endpoint_id": "2", "kind": "replay"} | more)))
    assert (line.range, line.progress, line.share) == (range_, progress, share)


def test_times_are_of_the_zone_of_the_page(admin: Person, store: SqlStore, made: Endpoint) -> None:
    asked = "replays?kind=replay&after=2020-01-01T09:00&zone=Asia/Tokyo"
    address = f"/audit/webhooks/{made.id}/{asked}"
    page = admin.look(address)
    assert "From, Asia/Tokyo" in page.text
    assert page.all("input", name="zone")[0].attrs["value"] == "Asia/Tokyo"
    assert admin.send(address).status_code == 303
    (job,) = store.replays.all(made.id, EVERYTHING, first=0, limit=9)
    assert job.after_time == 1_577_836_800_000
    assert "since 1 Jan 2020, 09:00" in admin.look(address).text


def test_what_was_given_up_is_sought_in_the_zone_of_the_page(admin: Person, made: Endpoint) -> None:
    page = admin.look(f"/audit/webhooks/{made.id}?zone=Asia/Tokyo")
    assert "What was given up since, Asia/Tokyo" in page.text
    assert page.all("input", name="zone")[0].attrs["value"] == "Asia/Tokyo"
