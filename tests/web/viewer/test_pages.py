"""What a customer sees: sentences, what is behind them, files, and nothing of how it is built."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.errors import StoreError
from flask_auditlog.event import encode
from flask_auditlog.event import Event
from flask_auditlog.store import SqlStore
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.samples import MAC
from tests.web.admin.samples import MAYA
from tests.web.admin.screen import read
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.conftest import MINE

POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
SCRIPTED = POLICY.replace("style-src", "script-src 'self'; connect-src 'self'; style-src")
HOSTILE = '"><script>alert(1)</script>\u202e' + "x" * 10_000


def put(store: SqlStore, organization: str, *events: tuple[str, dict[str, Any]]) -> list[Event]:
    """Add events of an organization that no other test looks at, a second apart, newest first."""
    made = [
        event(type_, time=MINE[0].time - 1000 * age, organization_id=organization, **fields)
        for age, (type_, fields) in enumerate(events)
    ]
    store.append([encode(each) for each in made])
    return made


def test_an_event_is_a_sentence_with_what_is_known_below(store: SqlStore, invite: Invite) -> None:
    put(
        store,
        "acme",
        (
            "admin.USER-UPDATE",
            {
                "operation_type": "UPDATE",
                "resource_type": "USER",
                "resource_path": "users/7",
                "auth_details": MAYA,
                "user_agent": MAC,
                "token_id": "t0ken",
                "source": "api",
                "error": "not_allowed",
                "details": {"changes": {"role": ["member", "owner"]}, "reason": "audit"},
            },
        ),
    )
    page = invite("acme", organization_name="Acme & Co").look()
    row = page.one("li", "is-bad").one("details")
    assert (
        "maya@acme.test failed to change 1 field of user 7 not_allowed" in row.one("summary").text
    )
    assert row.one("dl", "changes").text == "rolebefore: memberafter: owner"
    details, known = row.all("dl", "facts")
    assert details.facts() == {"reason": "audit"}
    assert known.facts() == {
        "Type": "admin.USER-UPDATE",
        "When": "Monday 10 July 2023, 12:15:04.000 UTC",
        "Who": "maya@acme.test, 2b80c4de",
        "From": "203.0.113.24, Chrome 114 on macOS",
        "With": "web-app",
        "Resource": "users/7",
        "Error": "not_allowed",
        "Event": row.one("a", "mono").text,
    }
    assert page.one("p", "sub").text == "What happened in Acme & Co, as Ledgerly recorded it"
    for hidden in ("t0ken", "api", "default", "position", "digest"):
        assert hidden not in page.one("main").text.lower().split()


def test_nothing_of_the_admin_pages_is_on_it(guest: Guest) -> None:
    page = guest.look()
    assert page.all("nav") == []
    inside = guest.path
    links = [each.attrs["href"] for each in page.all("a")]
    assert [each for each in links if not each.startswith((inside, "#"))] == []
    assert "Ends" not in page.text
    assert "This link ends at" in page.one("footer").text


def test_what_is_asked_for_is_found_and_taken_away(store: SqlStore, invite: Invite) -> None:
    put(
        store,
        "asked",
        ("access.LOGIN", {"auth_details": MAYA}),
        ("access.LOGIN_ERROR", {"auth_details": MAYA, "error": "invalid_password"}),
        ("access.REQUEST", {"auth_details": MAYA}),
        ("admin.USER-CREATE", {}),
        ("invoice.paid", {"details": {"note": "needle"}}),
    )
    one = invite("asked")
    asked = {
        "?kind=logins": ["access.LOGIN", "access.LOGIN_ERROR"],
        "?kind=changes": ["admin.USER-CREATE"],
        "?kind=failures": ["access.LOGIN_ERROR"],
        "?kind=failures&q=needle": [],
        "?q=needle&kind=&since=": ["invoice.paid"],
        "?since=90d": [],
        "?q=type:access.*+-error:*": ["access.LOGIN", "access.REQUEST"],
    }
    for rest, types in asked.items():
        assert one.types(rest) == types
        text = one.get(f"export{rest}&format=ndjson").text
        assert [json.loads(line)["type"] for line in text.splitlines()] == types
    answer = one.get("export?format=csv&kind=changes")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="activity.csv"'
    assert answer.text.splitlines()[0].startswith("received_time,time,type")


def test_a_form_keeps_what_was_asked(guest: Guest) -> None:
    page = guest.look("?q=mine&since=90d&kind=failures")
    assert page.one("input", id="q").attrs["value"] == "mine"
    chosen = [o.text for s in page.all("select") for o in s.all("option") if "selected" in o.attrs]
    assert chosen == ["Failures", "Last 90 days"]
    page = guest.look("?q=mine")
    hidden = page.all("details", "menu")[0].all("input", type="hidden")
    assert [(each.attrs["name"], each.attrs["value"]) for each in hidden] == [("q", "mine")]


def test_looks_at_the_log_are_shown_to_who_asks_for_them(invite: Invite, store: SqlStore) -> None:
    put(store, "reads", ("invoice.paid", {}))
    one = invite("reads")
    assert one.types() == ["invoice.paid"]
    assert "nora@northwind.example searched the audit log" in one.look("?kind=reads").text


def test_older_events_are_on_the_next_page(store: SqlStore, invite: Invite) -> None:
    put(store, "many", *((f"n.{n:03}", {}) for n in range(120)))
    one, rest, seen = invite("many"), "", []
    for _ in range(3):
        page = one.look(rest)
        seen += [each.text for each in page.all("span", "type")]
        older = page.one("nav", "pager").all("a")[1].attrs.get("href")
        rest = older.removeprefix(one.path) if older else "the end"
    assert seen == [f"n.{n:03}" for n in range(120)]
    assert rest == "the end"
    assert "120 events" in page.one("legend").text


def test_what_is_too_long_for_the_list_has_a_page(store: SqlStore, invite: Invite) -> None:
    details = {f"k{n:02}": "v" * 300 for n in range(30)}
    put(store, "long", ("own.long", {"details": details}))
    one = invite("long")
    page = one.look()
    assert "v" * 201 not in page.text
    link = page.link("20 more").removeprefix(one.path)
    whole = one.look(link)
    assert "k29" in whole.text
    assert "v" * 300 in whole.text
    assert whole.link("Activity") == one.path


def test_an_event_is_a_part_of_the_list_too(guest: Guest) -> None:
    part = guest.look(f"events/{MINE[1].uid}/drawer")
    assert part.one("h2", id="drawer-title").text == "mine.1 by maya@acme.test"
    assert part.one("section").text == guest.look(f"events/{MINE[1].uid}").one("section").text
    for tag in ("html", "main", "h1", "footer", "script", "a"):
        assert not part.all(tag)


def test_what_is_open_is_of_this_address_alone(guest: Guest) -> None:
    page = guest.look(f"?q=mine&since=&open={MINE[1].uid}")
    assert page.one("noscript").link("Open the event of this address") == (
        f"{guest.path}events/{MINE[1].uid}"
    )
    addresses = [each.attrs["href"] for each in page.all("a")]
    assert not [each for each in addresses if "open=" in each]
    assert "open" not in [each.attrs["name"] for each in page.all("input")]
    assert not guest.look("?q=mine").all("noscript")


def test_what_cannot_be_read_finds_nothing_and_says_why(guest: Guest) -> None:
    page = guest.look("?q=acter:me", status=400)
    assert "Unknown field acter at 1: did you mean actor?" in page.text
    assert page.one("input", id="q").attrs["value"] == "acter:me"
    assert page.all("span", "type") == []
    assert page.link("Show everything") == guest.path


def test_nothing_yet_is_not_nothing_like_that(invite: Invite) -> None:
    one = invite("nothing")
    assert "Nothing has happened yet" in one.look().text
    assert "Nothing like that happened" in one.look("?q=x").text


def test_what_an_attacker_wrote_is_inert(store: SqlStore, invite: Invite) -> None:
    put(
        store,
        HOSTILE[:30],
        (
            f"own.{HOSTILE[:100]}",
            {
                "auth_details": Actor(user_id=HOSTILE[:200], username=HOSTILE[:200]),
                "error": HOSTILE,
                "resource_path": HOSTILE[:900],
                "details": {HOSTILE[:50]: HOSTILE, "changes": {HOSTILE[:50]: [HOSTILE, "=1+1"]}},
            },
        ),
    )
    one = invite(HOSTILE[:30], organization_name=HOSTILE[:200], actor=HOSTILE[:100])
    uid = one.look().one("a", "mono").text
    for rest in (
        "",
        f"events/{uid}",
        f"events/{uid}/drawer",
        "?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "?%3Cscript%3E=1",
    ):
        text = one.get(rest).text
        assert read(text).scripts == []
        assert "<script>" not in text
        assert "\u202e" not in text
    assert "x" * 501 not in one.get().text


@pytest.mark.parametrize(
    ("embed", "ancestors"),
    [
        ((), "'none'"),
        (["self"], "'self'"),
        (["https://app.example.com", "self"], "https://app.example.com 'self'"),
    ],
)
def test_only_those_whom_the_link_names_may_frame_it(
    invite: Invite, embed: list[str], ancestors: str
) -> None:
    one = invite(embed=embed)
    for rest in ("", "?q=(", "events/x", "export?format=csv", "export?format=exe"):
        policy = POLICY if rest.startswith("e") else SCRIPTED
        assert one.get(rest).headers["Content-Security-Policy"] == policy + ancestors


def test_no_cookie_no_cache_and_no_referrer(guest: Guest) -> None:
    for path in (guest.path, guest.path[:-2] + "/", guest.path + "export?format=csv"):
        answer = guest.client.get(path)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_of_a_link_that_ended_may_stand_in_any_frame_and_leads_nowhere(
    guest: Guest,
) -> None:
    answer = guest.client.get(guest.path[:-2] + "/")
    assert answer.headers["Content-Security-Policy"] == POLICY + "*"
    assert '<a class="skip"' in answer.text
    assert answer.text.count("<a ") == 1
    assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (QueryTimeout(), 503, "The search took too long"),
        (StoreError("table auditlog.record"), 500, "That did not work"),
    ],
)
def test_a_log_that_is_in_trouble_tells_no_more_than_that(
    host: Flask,
    guest: Guest,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(SqlStore, "find", broken)
    answer = guest.get()
    assert (answer.status_code, words in answer.text) == (status, True)
    assert "auditlog.record" not in answer.text


def test_it_takes_the_hosts_look() -> None:
    host, audit = make_host(
        AUDITLOG_VIEWER={"product": "Ledgerly Cloud", "stylesheet": "/static/viewer.css"}
    )
    with host.test_request_context():
        url = audit.viewer_url("northwind", actor="7")
    text = host.test_client().get(url).text
    ours, theirs = (text.index(css) for css in ("/audit/static/auditlog.css", "/static/viewer.css"))
    assert ours < theirs
    assert "as <bdi>Ledgerly Cloud</bdi> recorded it" in text
