"""What the overview says of webhooks: those in trouble first, and the next step where there are none."""

from __future__ import annotations

from collections.abc import Callable

from flask_auditlog.store import SqlStore
from tests.web.admin.screen import Element
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.test_pages import REFUSED
from tests.web.admin.webhooks.test_pages import tried

PAGE = "/audit/overview"


def panel(page: Element) -> Element:
    (found,) = [
        each for each in page.all("section") if each.attrs["aria-labelledby"] == "deliveries"
    ]
    return found


def figure(page: Element) -> str:
    (found,) = [
        each.text
        for each in page.all("dl", "stats")[0].all("div")
        if each.one("dt").text == "Deliveries"
    ]
    return found


def test_without_a_webhook_the_next_step_is_one(person: Callable[[str], Person]) -> None:
    page = person("admin").look(PAGE)
    assert figure(page) == "Deliveriesnoneno webhook"
    assert panel(page).link("New webhook") == "/audit/webhooks/new"
    assert panel(person("nora").look(PAGE)).link("New webhook") == "/audit/webhooks/new"
    seen = panel(person("viewer").look(PAGE)).text
    assert "New webhook" not in seen
    assert "Somebody who may change them (manage-events) makes one." in seen


def test_webhooks_are_told_with_how_they_do(admin: Person, store: SqlStore, hook: Hook) -> None:
    good, bad = hook(description="good"), hook(description="bad")
    assert figure(admin.look(PAGE)) == "Deliveriesnonenothing sent in 24 h"
    tried(store, good.id, milliseconds=84.0)
    tried(store, bad.id, "pending", **REFUSED)
    page = admin.look(PAGE)
    assert figure(page) == "Deliveries50%of 2 tries in 24 h"
    assert "No trouble" in panel(page).text
    rows = panel(page).one("tbody").all("tr")
    shown = [[cell.text for cell in row.all("td")] for row in rows]
    assert [[row[0], *row[2:5]] for row in shown] == [
        ["bad", "0%", "142 ms", "1"],
        ["good", "100%", "84 ms", "0"],
    ]


def test_those_in_trouble_come_first(admin: Person, store: SqlStore, hook: Hook) -> None:
    made = [hook(description=f"n{number}") for number in range(5)]
    tried(store, made[0].id)
    store.endpoints.disable(made[0].id, "gone")
    page = admin.look(PAGE)
    assert figure(page) == "Deliveries100%1 webhook in trouble"
    rows = panel(page).one("tbody").all("tr")
    assert [row.one("a").text for row in rows] == ["n0", "n4", "n3", "n2", "n1"]
    assert "1 in trouble" in panel(page).text
    # Where not all are told of, no share of all is known.
    hook(description="n5")
    assert figure(admin.look(PAGE)) == "Deliveries1of 6 webhooks in trouble"


def test_a_customer_is_told_of_their_own(
    person: Callable[[str], Person], store: SqlStore, hook: Hook
) -> None:
    store.endpoints.disable(hook(description="hidden").id, "gone")
    hook(description="own", organization_id="northwind")
    page = person("nora").look(PAGE)
    assert figure(page) == "Deliveriesnonenothing sent in 24 h"
    assert [row.one("a").text for row in panel(page).one("tbody").all("tr")] == ["own"]
    assert "hidden" not in page.text
