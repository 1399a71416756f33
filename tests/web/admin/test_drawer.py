"""An event as a part of the page of results."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.test_event_page import UPDATE


def test_it_is_the_event_without_the_frame_of_a_page(add: Add, look: Look) -> None:
    add(UPDATE)
    part = look(f"/audit/events/{UPDATE.uid}/drawer")
    assert part.one("h2", id="drawer-title").text == "maya@acme.test changed 3 fields of user 7"
    assert "−member" in part.one("table", "diff-wide").text
    assert part.one("aside").facts()["IP"] == "203.0.113.24 IPv4, for documentation"
    for tag in ("html", "main", "h1", "footer", "script"):
        assert not part.all(tag)


def test_it_is_on_record_as_the_page_is(add: Add, look: Look) -> None:
    add(UPDATE)
    look(f"/audit/events/{UPDATE.uid}/drawer")
    page = look(f"/audit/?reads=true&resource=realms/default/events/{UPDATE.uid}")
    assert page.one("td", "c-what").text == "looked at an event of the audit log"


def test_nobody_opens_what_they_may_not_see(add: Add, nora: FlaskClient) -> None:
    theirs = event("secret.type", organization_id="globex")
    add(theirs, UPDATE)
    assert nora.get(f"/audit/events/{UPDATE.uid}/drawer").status_code == 200
    answer = nora.get(f"/audit/events/{theirs.uid}/drawer")
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["?q=type:admin.*", f"actor?user={MAYA.user_id}", "resource?resource=users/7"],
    ids=["search", "actor", "resource"],
)
def test_what_is_open_is_of_this_address_alone(add: Add, look: Look, path: str) -> None:
    add(UPDATE)
    page = look(f"/audit/{path}&open={UPDATE.uid}")
    assert page.one("noscript").link("Open the event of this address") == (
        f"/audit/events/{UPDATE.uid}"
    )
    assert not [a for a in page.all("a") if "open=" in a.attrs["href"]]
    assert not look(f"/audit/{path}").all("noscript")
