"""What somebody does to a webhook on its pages: it is done, on record, and no secret is told twice."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import SqlStore
from flask_auditlog.store.webhooks import Endpoint
from tests.web.admin.screen import read
from tests.web.admin.webhooks.conftest import EVERYTHING
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded
from tests.web.admin.webhooks.conftest import URL

NEW = "/audit/webhooks/new"


def only(store: SqlStore) -> Endpoint:
    """The only webhook there is."""
    (found,) = store.endpoints.all(EVERYTHING, first=0, limit=100)
    return found


def secret_on(answer: TestResponse) -> str:
    """The secret that a page shows."""
    assert answer.status_code == 200, answer.text
    return read(answer.text).one("input", readonly="").attrs["value"]


def actions(store: SqlStore) -> list[str]:
    """What was done to webhooks, the last first."""
    found = [each.details or {} for each in recorded(store, "admin.WEBHOOK-ACTION")]
    return [each["action"] for each in found]


def test_a_new_webhook_is_as_it_was_typed_and_its_secret_is_shown_once(
    admin: Person, store: SqlStore
) -> None:
    typed: dict[str, Any] = {
        "url": URL,
        "description": "siem",
        "eventTypes": "a.*\nb",
        "headers": "X-Key: v4lue",
    }
    answer = admin.send(NEW, timeout="5", **typed)
    secret = secret_on(answer)
    assert secret.startswith("whsec_")
    made = only(store)
    assert (made.url, made.description, made.event_types) == (URL, "siem", ("a.*", "b"))
    assert (made.enabled, made.timeout, made.created_by) == (True, 5.0, "admin")
    text = admin.client.get(f"/audit/webhooks/{made.id}").text
    text += admin.client.get(f"/audit/webhooks/{made.id}/edit").text
    assert secret not in text
    assert "v4lue" not in text
    (event,) = recorded(store, "admin.WEBHOOK-CREATE")
    assert (event.auth_details and event.auth_details.user_id) == "admin"


def test_one_with_an_order_says_so_wherever_it_is_shown(admin: Person, store: SqlStore) -> None:
    admin.send(NEW, url=URL, ordering="fifo")
    made = only(store)
    assert made.ordering == "fifo"
    assert "in their order" in admin.client.get("/audit/webhooks").text
    assert "One at a time, in their order" in admin.client.get(f"/audit/webhooks/{made.id}").text
    page = read(admin.client.get(f"/audit/webhooks/{made.id}/edit").text)
    assert page.one("option", value="fifo").attrs["selected"] == ""


def test_one_that_is_only_polled_is_made_and_changed_without_a_url(
    admin: Person, store: SqlStore
) -> None:
    answer = admin.send(NEW, pollingOnly="on", do="test")
    made = only(store)
    assert (made.is_only_polled, made.auth_type) == (True, "none")
    path = f"/audit/webhooks/{made.id}"
    assert answer.location.startswith(path)
    for shown in (path, "/audit/webhooks", f"{path}/edit", f"{path}/delete"):
        assert "Polled webhook" in admin.client.get(shown).text
    text = admin.client.get(path).text + admin.client.get(f"{path}/edit").text
    assert "Send a test" not in text
    assert "send a test" not in text
    assert admin.send(f"{path}/edit", eventTypes="a", description="theirs").status_code == 303
    assert (only(store).description, only(store).event_types) == ("theirs", ("a",))


def test_one_without_a_url_says_that_it_is_only_polled(admin: Person) -> None:
    answer = admin.send(NEW)
    assert read(answer.text).one("span", id="url-error-1").text
    both = admin.send(NEW, url=URL, pollingOnly="on")
    page = read(both.text)
    assert page.one("input", name="pollingOnly").attrs["checked"] == ""
    assert "has no url" in page.one("span", id="url-error-1").text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    admin: Person, store: SqlStore
) -> None:
    answer = admin.send(
        NEW, url="http://10.0.0.1/", secret="hunter2hunter2", description="siem", timeout="long"
    )
    assert answer.status_code == 400
    page = read(answer.text)
    assert page.one("input", name="description").attrs["value"] == "siem"
    field = page.one("input", name="timeout")
    assert field.attrs["aria-invalid"] == "true"
    assert "timeout is more than 0" in page.one("span", id="timeout-error-1").text
    assert "hunter2hunter2" not in answer.text
    assert store.endpoints.count(EVERYTHING) == 0


def test_an_address_of_the_own_network_is_refused_where_it_was_typed(admin: Person) -> None:
    answer = admin.send(NEW, url="https://10.0.0.1/")
    assert answer.status_code == 400
    assert read(answer.text).one("span", id="url-error-1").text


def test_one_of_an_organization_is_bound_to_it(admin: Person, store: SqlStore) -> None:
    admin.send(NEW, url=URL, organizationId="northwind")
    assert only(store).organization_id == "northwind"


def test_it_can_be_made_and_tried_at_once(admin: Person, store: SqlStore) -> None:
    answer = admin.send(NEW, url=URL, secret="my own secret", do="test")
    (sent,) = store.sent.to_endpoint(only(store).id, EVERYTHING)
    assert sent.delivery.cause == "test"
    assert answer.location.endswith(f"/deliveries/{sent.delivery.id}")
    assert "my own secret" not in admin.client.get(answer.location).text


def test_one_whose_secret_was_made_can_be_tried_at_once_too(admin: Person, store: SqlStore) -> None:
    page = read(admin.send(NEW, url=URL, do="test").text)
    (sent,) = store.sent.to_endpoint(only(store).id, EVERYTHING)
    assert sent.delivery.id in page.link("see what becomes of it")


def test_a_change_keeps_the_secret_and_the_headers(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook(headers={"X-Key": "v4lue"})
    before = store.endpoints.secrets(made.id)
    answer = admin.send(f"/audit/webhooks/{made.id}/edit", description="new", eventTypes="a")
    assert answer.location == f"/audit/webhooks/{made.id}?done=saved"
    now = only(store)
    assert (now.description, now.event_types, now.headers) == ("new", ("a",), made.headers)
    assert store.endpoints.secrets(made.id) == before
    (event,) = recorded(store, "admin.WEBHOOK-UPDATE")
    assert set((event.details or {})["changes"]) == {"description", "eventTypes"}


def test_off_and_on_again(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook()
    address = f"/audit/webhooks/{made.id}"
    store.sent.ping(made.id, EVERYTHING, position=1, type="a.b")
    admin.send(address, to=f"{address}/disable")
    assert not only(store).enabled
    page = admin.look(address)
    assert "somebody disabled it" in page.text
    assert page.one("dl", "stats").one("div", "held").one("span", "big").text == "1"
    admin.send(address)
    (sent,) = store.sent.to_endpoint(made.id, EVERYTHING)
    assert (only(store).enabled, sent.delivery.state) == (True, "pending")
    assert actions(store)[:2] == ["enable", "disable"]


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ({"resume": "none"}, "held"),
        ({"resume": "since", "since": "2020-01-01T00:00"}, "pending"),
        ({"resume": "since", "since": "2120-01-01T00:00"}, "held"),
    ],
)
def test_what_was_held_goes_as_far_as_somebody_says(
    admin: Person, store: SqlStore, hook: Hook, typed: dict[str, Any], state: str
) -> None:
    made = hook()
    address = f"/audit/webhooks/{made.id}"
    store.sent.ping(made.id, EVERYTHING, position=1, type="a.b")
    admin.send(address, to=f"{address}/disable")
    assert admin.send(address, **typed).status_code == 303
    (sent,) = store.sent.to_endpoint(made.id, EVERYTHING)
    assert sent.delivery.state == state


def test_since_when_is_a_time_of_the_zone_of_the_page(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook()
    address = f"/audit/webhooks/{made.id}?zone=Asia/Tokyo"
    store.sent.ping(made.id, EVERYTHING, position=1, type="a.b")
    admin.send(address, to=f"/audit/webhooks/{made.id}/disable")
    just_now = datetime.now(ZoneInfo("Asia/Tokyo")) - timedelta(minutes=10)
    admin.send(address, resume="since", since=f"{just_now:%Y-%m-%dT%H:%M}")
    (sent,) = store.sent.to_endpoint(made.id, EVERYTHING)
    assert sent.delivery.state == "pending"


@pytest.mark.parametrize("since", ["", "soon"])
def test_since_when_has_to_be_said(admin: Person, store: SqlStore, hook: Hook, since: str) -> None:
    made = hook(enabled=False)
    answer = admin.send(f"/audit/webhooks/{made.id}", resume="since", since=since)
    assert answer.status_code == 400
    assert "Say since when" in answer.text
    assert not only(store).enabled


def test_a_secret_is_rotated_and_the_new_one_shown(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    address = f"/audit/webhooks/{hook().id}"
    old = secret_on(admin.send(address, form=2))
    new = secret_on(admin.send(address, form=1, grace="1"))
    assert new != old
    assert len(store.endpoints.secrets(only(store).id)) == 2
    page = admin.look(address)
    assert [each.text for each in page.one("ol", "ranked").all("span", "tag")] == [
        "current",
        "signs too",
    ]
    assert secret_on(admin.send(address, form=2)) == new
    assert actions(store)[:3] == ["reveal", "rotate", "reveal"]


@pytest.mark.parametrize("grace", ["", "-1", "169", "x", "9" * 30])
def test_an_old_secret_signs_for_a_week_at_most(admin: Person, hook: Hook, grace: str) -> None:
    answer = admin.send(f"/audit/webhooks/{hook().id}", form=1, grace=grace)
    assert answer.status_code == 400


def test_a_webhook_is_deleted_after_it_was_asked(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook(description="siem")
    store.sent.ping(made.id, EVERYTHING, position=1, type="a.b")
    address = f"/audit/webhooks/{made.id}/delete"
    assert "1 delivery that waits is cancelled" in admin.look(address).text
    assert store.endpoints.count(EVERYTHING) == 1
    answer = admin.send(address)
    assert store.endpoints.count(EVERYTHING) == 0
    assert "is deleted" in admin.look(answer.location).text


def test_a_test_leads_to_what_becomes_of_it(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook()
    answer = admin.send(f"/audit/webhooks/{made.id}")
    (sent,) = store.sent.to_endpoint(made.id, EVERYTHING)
    assert answer.location.endswith(f"/deliveries/{sent.delivery.id}")
    assert "system.WEBHOOK_TEST" in admin.look(answer.location).one("h1").text


def test_a_delivery_is_sent_again(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = hook()
    first = admin.send(f"/audit/webhooks/{made.id}").location
    again = admin.send(first).location
    assert again != first
    assert admin.look(again).facts()["Because of"] == "somebody sent it again"
    assert len(store.sent.to_endpoint(made.id, EVERYTHING)) == 2


def test_to_a_disabled_one_it_is_sent_again_only_if_that_is_meant(
    admin: Person, store: SqlStore, hook: Hook
) -> None:
    made = hook()
    address = f"/audit/webhooks/{made.id}"
    sent = admin.send(address).location
    admin.send(address, to=f"{address}/disable")
    assert admin.send(sent).status_code == 409
    assert admin.look(admin.send(sent, force="on").location).facts()["Attempts"] == "0"


def test_a_secret_is_not_shown_when_that_cannot_be_recorded(
    admin: Person, hook: Hook, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/audit/webhooks/{hook().id}"

    def append(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(store, "append", append)
    assert admin.send(address, form=2).status_code == 503


def test_an_old_secret_is_ended_where_there_is_one(
    admin: Person, hook: Hook, store: SqlStore
) -> None:
    one = f"/audit/webhooks/{(made := hook()).id}"
    assert "End the old one now" not in admin.client.get(one).text
    store.endpoints.rotate(made.id, EVERYTHING, b"x", kind="hmac", grace=60_000)
    to = admin.look(one).one("button", formaction=f"{one}/retire").attrs["formaction"]
    answer = admin.send(one, form=1, to=to)
    assert "done=retired" in answer.headers["Location"]
    assert len(store.endpoints.secrets(made.id)) == 1
    assert actions(store)[0] == "retire"
