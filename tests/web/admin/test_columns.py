"""The columns of the results, chosen by their reader."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from flask_auditlog.web.admin.columns import TITLES
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.screen import Element
from tests.web.admin.webhooks.conftest import values


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
    only = look(row.all("td")[6].one("a").attrs["href"])
    assert only.one("input", id="q").attrs["value"] == "source:capture"
    assert len(only.all("td", "c-time")) == 1


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


def links(page: Element) -> dict[str, str]:
    """Where the buttons of the export lead, by their words."""
    group = page.one("span", **{"aria-label": "Export what was found"})
    return {link.text: link.attrs["href"] for link in group.all("a")}


def test_the_file_has_the_columns_of_the_results(add: Add, look: Look, admin: FlaskClient) -> None:
    add(event(auth_details=MAYA, details={"plan": {"name": "pro"}}))
    page = look("/audit/?type=invoice.*&columns=actor,what,org,details.plan.name,type")
    columns = "time,user,username,resource_path,error,organization,details.plan.name,type"
    assert links(page) == {
        "CSV": f"/audit/export?type=invoice.*&format=csv&columns={columns}",
        "NDJSON": "/audit/export?type=invoice.*&format=ndjson",
        "More": f"/audit/exports?type=invoice.*&columns={columns}",
    }
    head, row = list(csv.reader(io.StringIO(admin.get(links(page)["CSV"]).text)))
    assert head == columns.split(",")
    assert row[-2:] == ["pro", "invoice.paid"]


@pytest.mark.parametrize("name", list(TITLES))
def test_each_column_of_the_results_is_one_of_a_file(
    add: Add, look: Look, admin: FlaskClient, name: str
) -> None:
    add(event())
    page = look(f"/audit/?type=invoice.*&columns={name}")
    assert admin.get(links(page)["CSV"]).status_code == 200


def test_without_columns_in_the_address_the_file_has_all(add: Add, look: Look) -> None:
    add(event())
    assert "columns" not in "".join(links(look("/audit/?type=invoice.*")).values())


def test_the_page_of_exports_has_boxes_and_paths_of_what_was_chosen(add: Add, look: Look) -> None:
    add(event())
    page = look("/audit/exports?columns=time,type,details.plan.name,details.seats")
    boxes = page.all("input", name="columns")
    checked = [box.attrs["value"] for box in boxes if "checked" in box.attrs]
    assert checked == ["time", "type"]
    assert boxes[-1].attrs["value"] == "details.plan.name,details.seats"
    assert page.one("details", "export-columns").attrs.get("open") is not None


def test_paths_may_be_quoted_as_in_a_query(add: Add, look: Look) -> None:
    add(event(details={"a b": "there"}))
    page = look("/audit/?columns=type,details.%22a b%22")
    assert heads(page) == ["Time", "Type", "a b"]
    assert page.one("td", "c-more").text == "there"


def test_the_chosen_rows_have_them_too(add: Add, look: Look, admin: FlaskClient) -> None:
    it = event(details={"plan": "pro"})
    add(it)
    form = look("/audit/?columns=type,details.plan").one("form", id="chosen")
    data = {**values(form), "format": "csv", "uid": [it.uid]}
    answer = admin.post(form.attrs["action"], data=data, buffered=True)
    assert answer.text.splitlines()[0] == "time,type,details.plan"
    exact = admin.post(form.attrs["action"], data={**data, "format": "json"}, buffered=True)
    assert exact.get_json()[0]["uid"] == it.uid
