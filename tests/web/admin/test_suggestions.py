"""What is suggested when nothing was found, or nothing could be read."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.state import of
from flask_auditlog.web.admin.suggestions import nearest
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.screen import Element

KNOWN = ["access.LOGIN", "access.LOGOUT", "admin.USER-UPDATE", "invoice.paid", "Invoice.Paid"]


def steps(page: Element) -> list[str]:
    """What is suggested."""
    return [step.text for step in page.one("section", "empty").all("li")]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("access.LOGN", "access.LOGIN"),
        ("access.login", "access.LOGIN"),
        ("ADMIN.user-update", "admin.USER-UPDATE"),
        # Of two, the more frequent.
        ("INVOICE.PAID", "invoice.paid"),
        ("Invoice.Paid", None),
        ("quite.different", None),
        ("", None),
        ("ADMIN.*", "admin.*"),
        ("acess.*", "access.*"),
        ("admin.user*", "admin.USER*"),
        ("admin.*", None),
        ("*.LOGN", None),
        ("*", None),
    ],
)
def test_the_nearest_of_what_there_is(value: str, meant: str | None) -> None:
    assert nearest(value, KNOWN) == meant


@pytest.mark.parametrize(
    ("asked", "step", "to"),
    [
        (
            "q=type:access.LOGN",
            "type:access.LOGIN in place of type:access.LOGN1 eventWhat is in the log.",
            "/audit/?q=type:access.LOGIN",
        ),
        (
            "type=Access.Login",
            "type:access.LOGIN in place of type:Access.Login1 eventUpper and lower case count.",
            "/audit/?type=access.LOGIN",
        ),
        (
            "q=actor:MAYA@acme.test",
            (
                "actor:maya@acme.test in place of actor:MAYA@acme.test1 event"
                "Upper and lower case count."
            ),
            "/audit/?q=actor:maya@acme.test",
        ),
        (
            "q=type:c.d or type:access.LOGIN",
            (
                "type:c.d OR type:access.LOGIN in place of type:c.d or type:access.LOGIN2 events"
                "In capitals they join or exclude; in small letters they are words to be found."
            ),
            "/audit/?q=type:c.d+OR+type:access.LOGIN",
        ),
        (
            "q=(type:acess.LOGIN OR type:x)",
            "type:access.LOGIN in place of type:acess.LOGIN1 eventWhat is in the log.",
            "/audit/?q=type:access.LOGIN+OR+type:x",
        ),
    ],
)
def test_what_was_mistyped_is_repaired(
    add: Add, look: Look, asked: str, step: str, to: str
) -> None:
    add(event("access.LOGIN", auth_details=MAYA), event("c.d"))
    page = look(f"/audit/?{asked}")
    assert "No events match" in page.text
    assert steps(page)[0] == step
    assert page.one("ul", "steps").all("a")[0].attrs["href"] == to
    assert "No events match" not in look(to).text


@pytest.mark.parametrize("asked", ["q=and or", "q=%22or%22", "q=type:never.seen", "q=-type:c.dd"])
def test_what_finds_nothing_more_is_not_suggested(add: Add, look: Look, asked: str) -> None:
    add(event("c.d", organization_id="globex"))
    page = look(f"/audit/?{asked}&org=nowhere")
    assert not any("in place of" in step for step in steps(page))


def test_nobody_is_told_of_what_others_have(add: Add, look: Look, nora: FlaskClient) -> None:
    add(event("secret.THING", organization_id="globex"), event("x", organization_id="northwind"))
    assert "secret.THING" in look("/audit/?q=type:secret.THIN").text
    assert "secret.THING" not in look("/audit/?q=type:secret.THIN", client=nora).text


def test_values_that_take_too_long_to_find_are_not_suggested(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        raise QueryTimeout

    add(event("access.LOGIN"))
    monkeypatch.setattr(of(host).store.figures, "facets", slow)
    assert steps(look("/audit/?q=type:access.LOGN")) == []


def test_of_a_query_only_the_word_that_cannot_be_read_is_struck_out(add: Add, look: Look) -> None:
    add(event(auth_details=MAYA))
    page = look("/audit/?q=type:invoice.* acter:maya@acme.test -ip:10.0.0.0/8", status=400)
    chips = page.one("div", "explore-query").one("ul", "chips").all("li")
    assert [chip.all("del") != [] for chip in chips[:3]] == [False, True, False]
    assert chips[1].one("del").text == "acter:maya@acme.test"
    assert chips[1].one("a").attrs["href"] == "/audit/?q=type:invoice.*+-ip:10.0.0.0/8"
    assert page.text.count("Unknown field acter at 16") == 1
    repair = page.one("p", "query-fault")
    assert repair.one("a").text == "Search with actor"
    assert "1 event" in repair.text


@pytest.mark.parametrize(
    ("text", "words", "to", "found"),
    [
        (
            "acter:maya@acme.test tpye:invoice.*",
            "actor, type",
            "actor:maya@acme.test+type:invoice.*",
            "1 event",
        ),
        (
            "(acter:maya@acme.test OR usr:x) acter:*",
            "actor, user",
            "(actor:maya@acme.test+OR+user:x)+actor:*",
            "1 event",
        ),
        # One at a time, where nobody knows what the other was meant to be.
        ("acter:maya@acme.test qqq:x", "actor", "actor:maya@acme.test+qqq:x", ""),
        ("acter:maya@acme.test ip:here", "actor", "actor:maya@acme.test+ip:here", ""),
    ],
)
def test_of_two_typos_both_are_mended_or_the_first(
    add: Add, look: Look, text: str, words: str, to: str, found: str
) -> None:
    add(event(auth_details=MAYA))
    repair = look(f"/audit/?q={text}", status=400).one("p", "query-fault")
    assert repair.one("a").text == f"Search with {words}"
    assert (
        repair.one("a").attrs["href"] == f"/audit/?q={to.replace('(', '%28').replace(')', '%29')}"
    )
    assert repair.text.endswith(f"Search with {words} {found}".strip())


def test_a_long_row_of_typos_is_mended_in_part(look: Look) -> None:
    page = look(f"/audit/?q={'acter:x ' * 30}", status=400)
    left = page.one("p", "query-fault").one("a").attrs["href"]
    assert 0 < left.count("actor:x") < 30


@pytest.mark.parametrize(
    "text", ["type:a (acter:x", "type:a OR acter:x", 'type:a acter:"x', "acter:x", "type:a )"]
)
def test_what_holds_together_is_struck_out_whole(look: Look, text: str) -> None:
    page = look(f"/audit/?q={text}", status=400)
    (struck,) = page.one("div", "explore-query").one("ul", "chips").all("del")
    assert struck.text == text


def test_who_wrote_what_cannot_be_read_is_told_the_fields_and_examples(look: Look) -> None:
    page = look("/audit/?q=acter:maya&limit=5", status=400)
    section = page.one("section", "empty")
    fields = [field.text for field in section.one("ul", "chips").all("code")]
    assert {"type", "actor", "details.<path>"} <= set(fields)
    for example in section.one("ul", "steps").all("a"):
        look(example.attrs["href"])
    # Of a fault in another field, the query is not to be learnt.
    assert look("/audit/?ip=x", status=400).one("section", "empty").all("ul", "steps") == []
