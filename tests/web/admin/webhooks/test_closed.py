"""Who sees which page of webhooks and who may do what: everybody, everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from flask_auditlog.store import SqlStore
from flask_auditlog.web.admin.webhooks import ROUTES
from tests.web.admin.test_closed import POLICY
from tests.web.admin.webhooks.conftest import EVERYTHING
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import MAY
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import values

# The webhooks there are: of the whole realm, and of an organization.
WHOLE, NORTHWIND = "whole-realm", "northwind"
LOOK, CHANGE = "look", "change"
# What a page needs. Those that change something are asked for by GET here, if they can be.
NEEDS = {
    "": LOOK,
    "/edit": CHANGE,
    "/delete": CHANGE,
    "/replays": LOOK,
    "/deliveries/<sent>": LOOK,
}
# The last one is nothing to go on with.
ACTS = (
    "/edit",
    "/test",
    "/enable",
    "/disable",
    "/rotate",
    "/retire",
    "/reveal",
    "/replays/begin",
    "/replays/<sent>/cancel",
    "/delete",
)
RESEND = "/deliveries/<sent>/resend"
SEES = {
    "admin": {WHOLE, NORTHWIND},
    "viewer": {WHOLE, NORTHWIND},
    "half": {WHOLE, NORTHWIND},
    "nora": {NORTHWIND},
    "vera": {NORTHWIND},
    "carl": set(),
    "nobody": set(),
}
CHANGES = {**SEES, "viewer": set(), "vera": set(), "half": {NORTHWIND}}
NOBODY = {name for name, may in MAY.items() if not any(may.values())}


class Place(NamedTuple):
    """A webhook, and what was sent to it."""

    id: str
    sent: str

    def address(self, path: str) -> str:
        """The address of one of its pages."""
        return f"/audit/webhooks/{self.id}{path.replace('<sent>', self.sent)}"


@pytest.fixture
def places(hook: Hook, store: SqlStore) -> dict[str, Place]:
    """Two webhooks with a delivery each."""
    found = {}
    for name, organization in ((WHOLE, None), (NORTHWIND, "northwind")):
        given = {"organization_id": organization} if organization else {}
        endpoint = hook(description=name, **given)
        made = store.sent.ping(endpoint.id, EVERYTHING, position=1, type="a.b")
        found[name] = Place(endpoint.id, made.id)
    return found


@pytest.mark.parametrize("name", MAY)
def test_a_list_holds_what_one_may_see(
    name: str, person: Callable[[str], Person], places: dict[str, Place]
) -> None:
    answer = person(name).client.get("/audit/webhooks")
    assert answer.status_code == (403 if name in NOBODY else 200)
    assert {each for each, place in places.items() if place.id in answer.text} == SEES[name]
    may_make = bool(MAY[name]["manage-events"])
    assert ("New webhook" in answer.text) == may_make
    assert person(name).client.get("/audit/webhooks/new").status_code == (200 if may_make else 403)


@pytest.mark.parametrize("name", MAY)
def test_a_page_is_there_for_those_who_may(
    name: str, person: Callable[[str], Person], places: dict[str, Place]
) -> None:
    one = person(name)
    for path, need in NEEDS.items():
        permission = "view-events" if need == LOOK else "manage-events"
        allowed = (SEES if need == LOOK else CHANGES)[name]
        for which, place in places.items():
            answer = one.client.get(place.address(path))
            denied = 404 if MAY[name][permission] else 403
            assert answer.status_code == (200 if which in allowed else denied)
            assert (which in answer.text) == (which in allowed)
            assert answer.headers["Content-Security-Policy"] == POLICY
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", MAY)
def test_an_act_is_for_those_who_may(
    name: str, person: Callable[[str], Person], places: dict[str, Place], store: SqlStore
) -> None:
    one, before = person(name), told_of(places, store)
    # With a genuine token of the form, where they have a form at all.
    fields = {}
    if MAY[name]["manage-events"]:
        fields = values(one.look("/audit/webhooks/new").one("form"))
    for which in places.keys() - CHANGES[name]:
        for path in (*ACTS, RESEND):
            answer = one.client.post(places[which].address(path), data=fields)
            assert answer.status_code == (404 if MAY[name]["manage-events"] else 403)
    assert told_of(places, store) == before
    for which in CHANGES[name]:
        for path in (RESEND, *ACTS):
            wrong = {"url": "", "grace": "x", "resume": "x"}
            answer = one.client.post(places[which].address(path), data=fields | wrong)
            assert answer.status_code not in {403, 500}


def told_of(places: dict[str, Place], store: SqlStore) -> list[object]:
    """All that an act could have changed."""
    return [
        (store.endpoints.get(each.id, EVERYTHING), store.sent.to_endpoint(each.id, EVERYTHING))
        for each in places.values()
    ]


def test_the_buttons_are_only_for_those_who_may(
    person: Callable[[str], Person], places: dict[str, Place]
) -> None:
    for name in ("admin", "viewer", "half"):
        for which, place in places.items():
            page = person(name).look(f"/audit/webhooks/{place.id}")
            assert bool(page.all("button")) == (which in CHANGES[name])


def test_a_delivery_is_of_its_webhook_alone(admin: Person, places: dict[str, Place]) -> None:
    address = f"/audit/webhooks/{places[WHOLE].id}/deliveries/{places[NORTHWIND].sent}"
    assert admin.client.get(address).status_code == 404


def test_every_address_is_among_these() -> None:
    asked = {f"/webhooks/<endpoint_id>{path}" for path in (*NEEDS, *ACTS, RESEND)}
    asked |= {"/webhooks", "/webhooks/new"}
    asked = {each.replace("replays/<sent>", "replays/<replay_id>") for each in asked}
    # Those of no webhook, of which test_operator.py tells.
    asked |= {"/webhooks/catch-all/enable", "/webhooks/catch-all/disable"}
    asked |= {"/webhooks/signing-key/rotate"}
    assert {each.replace("<sent>", "<delivery_id>") for each in asked} == ROUTES.keys()


def test_a_realm_that_is_closed_stays_so(admin: Person) -> None:
    assert admin.client.get("/audit/webhooks?realm=staging").status_code == 403
    assert admin.client.get("/audit/webhooks/new?realm=staging").status_code == 403


def test_an_id_that_is_none_is_one_that_is_not_there(
    admin: Person, places: dict[str, Place]
) -> None:
    known = f"/audit/webhooks/{places[WHOLE].id}"
    for path in ("/audit/webhooks/%00", "/audit/webhooks/x", f"{known}/deliveries/%00"):
        assert admin.client.get(path).status_code == 404
    fields = values(admin.look("/audit/webhooks/new").one("form"))
    answer = admin.client.post(f"{known}/replays/%00/cancel", data=fields)
    assert answer.status_code == 404
