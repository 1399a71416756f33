"""What an attacker wrote is inert wherever it is shown."""

from __future__ import annotations

import pytest

from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.screen import Element

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
OURS = {"form", "html", "head", "body", "a", "table"}


def hostile(text: str) -> Event:
    """An event that holds *text* wherever a caller can put it."""
    return event(
        text,
        error=text,
        operation_type="UPDATE",
        resource_type=text,
        resource_path=text,
        organization_id=text,
        representation=text,
        # One that is recognised, so that it is folded away beside its reading.
        user_agent=f"Chrome/114 {text}",
        request_id=text,
        traceparent=text,
        token_id=text,
        auth_details=Actor(
            realm_id=text,
            client_id=text,
            user_id=text,
            ip_address=text,
            username=text,
            session_id=text,
        ),
        details={
            text: text,
            "deep": {text: [text]},
            "changes": {text: [text, text + "!"], "x": [None, text]},
        },
    )


def pages(add: Add, look: Look, it: Event) -> list[Element]:
    """Every page that shows the event, or what was asked about it."""
    add(it, hostile(it.type))
    return [look("/audit/"), look(f"/audit/events/{it.uid}")]


@pytest.mark.parametrize(
    "text", [SCRIPT, "'\"><b onmouseover=x>", "</title></textarea></script>{{7*7}}"]
)
def test_markup_stays_text(add: Add, look: Look, text: str) -> None:
    for page in pages(add, look, hostile(text)):
        assert page.scripts == page.all("img") == page.all("b", onmouseover="x") == []
        assert not [e for e in page.all("*") if any(name.startswith("on") for name in e.attrs)]
        assert "49" not in page.one("title").text
        assert text[:20] in page.text


@pytest.mark.parametrize("text", ["evil\u202egro.evil", "a\u2066b", "nul\x07bell", "ad\u200bmin"])
def test_what_cannot_be_seen_is_nowhere_on_a_page(add: Add, look: Look, text: str) -> None:
    unseen = next(c for c in text if not c.isprintable())
    for page in pages(add, look, hostile(text)):
        assert unseen not in page.text
        for element in page.all("*"):
            shown = {k: v for k, v in element.attrs.items() if k not in {"value", "href"}}
            assert unseen not in "".join(shown.values())
        assert f"\\u{ord(unseen):04x}" in page.text


def test_long_values_are_cut_where_there_are_many(add: Add, look: Look) -> None:
    add(*[hostile("x" * 2000) for _ in range(20)])
    page = look("/audit/")
    assert max(len(e.attrs.get("title", "")) for e in page.all("*")) <= 500
    assert max(len(e.text) for e in page.all("td")) < 700


@pytest.mark.parametrize("field", ["text", "type", "actor", "org", "details.x", "before"])
def test_what_was_typed_is_inert_too(look: Look, field: str) -> None:
    page = look("/audit/", status=200)
    page = look(
        f"/audit/?{field}=%22%3E%3Cscript%3E%E2%80%AE", status=400 if field == "before" else 200
    )
    assert page.scripts == []
    assert "\u202e" not in page.text


def test_a_name_nobody_knows_is_inert_too(look: Look) -> None:
    page = look("/audit/?%3Cscript%3E%E2%80%AE=1", status=400)
    assert page.scripts == []
    assert "\u202e" not in page.text
    assert "<script>" in page.text


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "//evil.example", "data:text/html,x"])
def test_no_value_becomes_an_address(add: Add, look: Look, scheme: str) -> None:
    for page in pages(add, look, hostile(scheme)):
        for link in page.all("a"):
            assert link.attrs["href"].startswith(("/audit/", "#"))
