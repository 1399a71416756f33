"""The columns of the results, chosen by their reader."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.screen import Element


def heads(page: Element) -> list[str]:
    """What stands above the columns of the events."""
    # Beside the boxes.
    return [cell.text for cell in page.one("table", "events").one("thead").all("th")][1:]


def test_the_columns_are_those_of_the_address(add: Add, look: Look) -> None:
    it = event(auth_details=MAYA, details={"plan": {"name": "pro", "seats": 5}})
    add(it, event("other", organization_id="northwind"))
    page = look("/audit/?columns=type,details.plan.name,details.plan,session,source&type=invoice.*")
    assert heads(page) == ["Time", "Type", "plan.name", "plan", "Session", "Source"]
    row = page.all("tr")[-1]
    assert [cell.text for cell in row.all("td")[2:]] == [
        "invoice.paid",
        "pro",
        '{"name": "pro", "seats": 5}',
        "70c446c9",
        "capture",
    ]
    wanted = row.all("td")[3].one("a").attrs["href"]
    assert "q=details.plan.name:pro" in wanted
    assert wanted.endswith("columns=type,details.plan.name,details.plan,session,source")


def test_the_form_chooses_them_and_keeps_the_search(
    add: Add, look: Look, admin: FlaskClient
) -> None:
    add(event())
    page = look("/audit/?type=invoice.*&limit=5&columns=type,details.a")
    form = next(form for form in page.all("form") if form.all("fieldset"))
    kept = {i.attrs["name"]: i.attrs["value"] for i in form.all("input", type="hidden")}
    assert kept == {"type": "invoice.*", "limit": "5"}
    checked = [i.attrs["value"] for i in form.all("input") if "checked" in i.attrs]
    assert checked == ["type"]
    assert form.one("input", "mono").attrs["value"] == "details.a"
    answer = admin.get("/audit/?type=a&columns=type&columns=ip&columns=details.a,details.b")
    assert answer.location == "/audit/?type=a&columns=type,ip,details.a,details.b"
    assert page.link("The usual ones") == "/audit/?type=invoice.*&limit=5"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("tipe", "Did you mean type?"),
        ("<script>", "is not a column"),
        ("details.", "is not a column"),
        ("details.a..b", "is not a column"),
        (",".join(f"details.a{n}" for n in range(13)), "At most 12 columns"),
    ],
)
def test_what_is_no_column_is_refused(add: Add, look: Look, columns: str, words: str) -> None:
    add(event())
    page = look(f"/audit/?columns={columns}", status=400)
    assert words in page.one("*", role="alert").text
    assert page.scripts == page.all("table") == []


def test_what_stands_in_them_is_inert(add: Add, look: Look) -> None:
    add(event(details={"a": '"><script>\u202e' + "x" * 5000}))
    page = look("/audit/?columns=details.a")
    assert page.scripts == []
    cell = page.one("td", "c-more")
    assert "\\u202e" in cell.text
    assert len(cell.text) < 300


def test_who_sees_one_organization_has_no_column_of_it(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    add(event(organization_id="northwind"), event(organization_id="globex"))
    page = look("/audit/?columns=type,org", client=nora)
    assert heads(page) == ["Time", "Type"]
    assert "globex" not in page.text
