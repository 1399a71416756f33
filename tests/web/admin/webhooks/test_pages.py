"""What the pages of webhooks show, and that what others wrote is inert there."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.event import encode
from flask_auditlog.store import SqlStore
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import Ending
from flask_auditlog.store.webhooks import State
from flask_auditlog.web.admin.moments import now
from tests.web.admin.samples import event
from tests.web.admin.webhooks.conftest import EVERYTHING
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import URL

HOSTILE = '"><script>alert(1)</script>\u202eevil'
REFUSED: dict[str, Any] = {
    "status": 503,
    "error": "http",
    "milliseconds": 142.0,
    "phases": {"dns": 2.0, "wait": 140.0},
    "request_headers": {"webhook-id": "msg_1"},
    "response_headers": {"server": "envoy"},
    "response_body": "overloaded",
    "worker": "host-17:4711",
}


def tried(
    store: SqlStore,
    endpoint_id: str,
    state: State = "succeeded",
    *,
    type_: str = "a.b",
    **more: Any,
) -> str:
    """Send an event to a webhook, and say what came of it; return the delivery's id."""
    (record,) = store.append([encode(event(type_))]).records
    made = store.sent.ping(endpoint_id, EVERYTHING, position=record.position, type=type_)
    (claimed,) = store.deliveries.claim(limit=1, lease_seconds=60)
    attempt = Attempt(delivery_id=made.id, number=1, started_time=now(), **({"status": 204} | more))
    due = now() + 3_600_000 if state == "pending" else None
    ending = Ending(delivery=claimed, attempt=attempt, state=state, due_time=due)
    store.deliveries.finish([ending])
    return made.id


def test_a_log_without_webhooks_shows_how_to_make_one(admin: Person) -> None:
    page = admin.look("/audit/webhooks")
    assert page.one("h2").text == "There is no webhook yet"
    assert page.link("New webhook") == "/audit/webhooks/new"


def test_the_list_shows_how_each_does(admin: Person, store: SqlStore, hook: Hook) -> None:
    good, bad = hook(description="good"), hook(description="bad")
    tried(store, good.id)
    tried(store, bad.id, "pending", **REFUSED)
    rows = admin.look("/audit/webhooks").one("tbody").all("tr")
    assert [row.one("th").one("a").text for row in rows] == ["bad", "good"]
    shown = [[cell.text for cell in row.all("td")][1:3] for row in rows]
    assert shown == [["0% of 1", "1"], ["100% of 1", "0"]]


def test_a_list_has_pages(admin: Person, hook: Hook) -> None:
    for number in range(21):
        hook(description=f"n{number}")
    page = admin.look("/audit/webhooks")
    assert len(page.one("tbody").all("tr")) == 20
    older = admin.look(page.link("Older"))
    assert [row.one("a").text for row in older.one("tbody").all("tr")] == ["n0"]
    assert older.link("Newer") == "/audit/webhooks"


def test_a_webhook_shows_its_deliveries_by_state(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook(description="siem")
    tried(store, made.id)
    lost = tried(store, made.id, "exhausted", **REFUSED)
    page = admin.look(f"/audit/webhooks/{made.id}")
    tabs = [each.text for each in page.one("nav", "tabs").all("a")]
    assert tabs == ["All 2", "Succeeded 1", "Exhausted 1"]
    page = admin.look(page.link("Exhausted 1").partition("#")[0])
    (row,) = page.all("a", "delivery-row")
    assert row.attrs["href"].endswith(lost)
    assert "Exhausted" in row.text
    assert "503" in row.text


def test_a_state_that_is_none_is_all_of_them(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook()
    tried(store, made.id)
    page = admin.look(f"/audit/webhooks/{made.id}?state=nope&first=x")
    assert len(page.all("a", "delivery-row")) == 1


def test_a_delivery_shows_what_was_sent_and_what_was_answered(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook(description="siem")
    sent = tried(store, made.id, "pending", **REFUSED)
    page = admin.look(f"/audit/webhooks/{made.id}/deliveries/{sent}")
    assert page.one("h1").text == "a.b to siem"
    (attempt,) = page.one("ol", "attempts").all("li")
    assert "503 Service Unavailable" in attempt.text
    assert "dns 2.0 ms, answer 140 ms, in all 142 ms" in attempt.text
    asked, answered = attempt.all("pre")
    assert "webhook-id: msg_1" in asked.text
    assert answered.text.endswith("server: envoy overloaded")
    assert page.facts()["Next try"].startswith("in ")
    uid = page.facts()["webhook-id"].removeprefix("msg_")
    link = page.one("main").one("dl", "facts").one("a").attrs["href"]
    assert link.rpartition("/")[2].replace("-", "") == uid


def test_the_names_of_our_machines_are_for_the_operator(
    person: Any, store: SqlStore, hook: Hook
) -> None:
    made = hook(organization_id="northwind")
    sent = tried(store, made.id, **REFUSED)
    address = f"/audit/webhooks/{made.id}/deliveries/{sent}"
    assert "host-17" in person("admin").look(address).text
    assert "host-17" not in person("nora").look(address).text


def test_an_answer_that_never_came_is_told_in_words(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook()
    more: dict[str, Any] = {
        "status": None,
        "error": "timeout",
        "message": "The host did not answer in time.",
    }
    sent = tried(store, made.id, "pending", **more)
    page = admin.look(f"/audit/webhooks/{made.id}/deliveries/{sent}")
    assert "timeout" in page.one("span", "err").text
    assert "did not answer in time" in page.text
    assert "There was none." in page.text
    german = admin.client.get(
        f"/audit/webhooks/{made.id}/deliveries/{sent}", headers={"Accept-Language": "de"}
    )
    assert "Der Host hat nicht rechtzeitig geantwortet." in german.text


@pytest.mark.parametrize("done", ["saved", "enabled", "disabled", "nope", "<b>"])
def test_the_address_can_make_a_page_say_nothing_but_our_words(
    admin: Person, hook: Hook, done: str
) -> None:
    notices = admin.look(f"/audit/webhooks/{hook().id}?done={done}").all("div", role="status")
    assert len(notices) == (done in {"saved", "enabled", "disabled"})


def test_what_others_wrote_is_inert(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook(
        description=HOSTILE,
        event_types=[HOSTILE.replace("\u202e", "")],
        exclude_clients=[HOSTILE.replace("\u202e", "")],
        organization_id="northwind",
    )
    sent = tried(
        store,
        made.id,
        "pending",
        type_=HOSTILE,
        status=599,
        error=HOSTILE,
        message=HOSTILE,
        address=HOSTILE,
        worker=HOSTILE,
        request_headers={HOSTILE: HOSTILE},
        response_headers={HOSTILE: HOSTILE},
        response_body=HOSTILE * 2000,
    )
    one = f"/audit/webhooks/{made.id}"
    for path in (
        "/audit/webhooks",
        one,
        f"{one}/edit",
        f"{one}/delete",
        f"{one}/deliveries/{sent}",
    ):
        page = admin.look(path)
        assert page.scripts == page.all("style") == []
        assert "<script>" in page.text
        inputs = {id(each) for each in page.all("input")}
        for element in page.all("*"):
            names = [name for name in element.attrs if name == "style" or name.startswith("on")]
            assert not names
            if id(element) not in inputs:
                assert "\u202e" not in "".join(element.attrs.values())
        assert "\u202e" not in page.text


def test_what_was_typed_is_inert_too(admin: Person) -> None:
    answer = admin.send("/audit/webhooks/new", url=HOSTILE, eventTypes=HOSTILE, headers=HOSTILE)
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_no_page_shows_a_secret(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook(secret="hunter2hunter2", headers={"X-Key": "v4lue"})
    tried(store, made.id)
    for path in ("", "/edit", "/delete"):
        text = admin.client.get(f"/audit/webhooks/{made.id}{path}").text
        assert "hunter2" not in text
        assert "v4lue" not in text
    assert "X-Key" in admin.look(f"/audit/webhooks/{made.id}").text


def test_a_webhook_without_a_name_is_called_after_its_host(admin: Person, hook: Hook) -> None:
    assert admin.look(f"/audit/webhooks/{hook().id}").one("h1").text == URL.split("/")[2]


def test_the_menu_of_realms_leads_to_the_webhooks_of_another(admin: Person, hook: Hook) -> None:
    page = admin.look(f"/audit/webhooks/{hook().id}")
    assert page.one("nav", "nav").link("Webhooks") == "/audit/webhooks"
    assert page.one("nav", "nav").link("Search") == "/audit/"


def test_success_and_latency_are_drawn_where_something_was_tried(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook().id
    assert "Success and latency" not in admin.client.get(f"/audit/webhooks/{made}").text
    tried(store, made, "exhausted", **REFUSED)
    page = admin.look(f"/audit/webhooks/{made}")
    (said,) = [each.text for each in page.all("title") if "p95" in each.text]
    assert said.endswith("0 succeeded, 1 failed, p95 142 ms")
    assert len(page.all("polyline", "trend")) == 1
    # For who does not see it.
    (row,) = [each for each in page.all("tr") if "142 ms" in each.text]
    assert [each.text for each in row.all("td")] == ["0", "1", "142 ms"]
