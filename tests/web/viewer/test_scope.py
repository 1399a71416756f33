"""Nothing that is asked for, in any way, shows what the link was not made for."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_auditlog.event import encode
from flask_auditlog.event import Entry
from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from tests.web.viewer.conftest import FOREIGN
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import MINE
from tests.web.viewer.conftest import OTHERS

ALL = ["mine.2", "mine.1", "mine.0"]
FILES = ("export?format=csv&", "export?format=ndjson&")
NAMES = [
    "org=other",
    "organization=other",
    "organization_id=other",
    "organizationId=other",
    "realm=staging",
    "realmId=staging",
    "scope=default",
    "actor=" + FOREIGN,
    "reads=true",
    "limit=1000",
    "text=" + FOREIGN,
    "type=of.*",
    "details.mark=" + FOREIGN,
    "token=al_x",
    "zone=UTC",
    "Q=a",
    "q%00=a",
    "q[]=a",
    "kind=none",
    "since=400d",
    "kind=logins&kind=reads",
    "q=org:northwind&q=org:other",
    "cursor=",
    "=x",
]
QUERIES = [
    "org:other",
    "org:other OR org:northwind",
    "(type:mine.* OR org:other)",
    "-org:northwind",
    "org:*",
    "-org:*",
    "type:of.*",
    "-type:mine.*",
    FOREIGN,
    f"details.mark:{FOREIGN}",
    f"actor:{FOREIGN} OR type:mine.*",
    *(
        f"{field}:{FOREIGN}"
        for field in ("user", "username", "client", "session", "request", "resource")
    ),
    f"resource_type:{FOREIGN}",
    f"error:{FOREIGN}",
    "error:*",
    "-error:*",
    f"-error:{FOREIGN}",
    f"session:{FOREIGN[:3]}*",
    f"client:{FOREIGN} OR request:{FOREIGN} OR type:mine.*",
    "ip:198.51.100.66",
    "ip:198.51.100.0/24 OR resource:*",
    "source:capture",
    "after:1970-01-01",
    "(org:other OR type:of.other) OR (org:northwind type:of.*)",
]


def is_closed(answer: TestResponse) -> bool:
    """Whether an answer tells nothing of what is not northwind's."""
    text = answer.get_data(as_text=True)
    return FOREIGN not in text and not any(f"of.{name}" in text for name in OTHERS)


def test_a_link_shows_the_events_of_its_organization_alone(guest: Guest) -> None:
    assert guest.types() == ALL
    assert "3 events" in guest.look().one("legend").text
    assert is_closed(guest.get())


@pytest.mark.parametrize("parameter", NAMES)
def test_no_parameter_but_the_few_that_are_there_is_read(guest: Guest, parameter: str) -> None:
    if parameter != "cursor=":
        page = guest.get(f"?{parameter}")
        assert page.status_code == 400
        assert "mine." not in page.text.replace(parameter, "")
    for file in FILES:
        answer = guest.get(file + parameter)
        assert answer.status_code == 400
        assert is_closed(answer)


@pytest.mark.parametrize("parameter", [*NAMES, "open=x", "open=another's"])
def test_an_event_that_opens_is_asked_nothing_else(guest: Guest, parameter: str) -> None:
    # Here, and not in the test's name: it is another one in each process.
    parameter = parameter.replace("another's", OTHERS["other"].uid)
    # Not even of another event.
    answer = guest.get(f"events/{MINE[0].uid}/drawer?{parameter}")
    assert answer.status_code == 400
    assert is_closed(answer)
    assert "mine." not in answer.text


@pytest.mark.parametrize("name", OTHERS)
def test_what_an_address_says_is_open_is_not_shown_by_saying_so(guest: Guest, name: str) -> None:
    page = guest.get(f"?open={OTHERS[name].uid}")
    assert page.text.count('class="type ') == len(ALL)
    assert is_closed(page)
    for file in FILES:
        assert guest.get(f"{file}open={OTHERS[name].uid}").status_code == 400


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_finds_what_is_not_theirs(guest: Guest, query: str) -> None:
    page = guest.look(f"?q={quote(query)}")
    shown = [each.text for each in page.all("span", "type")]
    assert set(shown) <= set(ALL)
    legend = [each.text for each in page.all("legend")]
    assert legend == ([f"{len(shown)} events"] if shown else [])
    for file in FILES:
        text = guest.get(f"{file}q={quote(query)}").text
        assert FOREIGN not in text
        assert "of." not in text
        assert text.count("mine.") == len(shown)


def cursor_of(store: SqlStore, scope: Scope) -> str:
    found = store.find(Query(), scope, limit=1).next
    assert found is not None
    return found


@pytest.mark.parametrize(
    "scope",
    [
        Scope(realm="default", organization_id=None),
        Scope(realm="default", organization_id="other"),
        Scope(realm="staging", organization_id="northwind"),
    ],
    ids=["whole realm", "another organization", "another realm"],
)
def test_a_cursor_of_somebody_else_is_none(guest: Guest, store: SqlStore, scope: Scope) -> None:
    store.append([_again(OTHERS[name]) for name in ("other", "nobody", "elsewhere")])
    answer = guest.get(f"?cursor={cursor_of(store, scope)}")
    assert answer.status_code == 400
    assert is_closed(answer)
    assert "mine." not in answer.text


def _again(event: Event) -> Entry:
    """The same once more, so that there is a second page."""
    return encode(msgspec.structs.replace(event, uid=new_uid()))


def test_a_cursor_is_of_its_own_question(guest: Guest, store: SqlStore) -> None:
    mine = Scope(realm="default", organization_id="northwind")
    cursor = cursor_of(store, mine)
    assert guest.types(f"?cursor={cursor}") == ALL[1:]
    assert guest.get(f"?cursor={cursor}&q=mine").status_code == 400
    assert guest.get(f"?cursor={cursor}&kind=failures").status_code == 400
    # In its middle: the last letter may hold no bit that counts.
    middle, other = len(cursor) // 2, "B" if cursor[len(cursor) // 2] == "A" else "A"
    assert guest.get(f"?cursor={cursor[:middle]}{other}{cursor[middle + 1 :]}").status_code == 400


def test_a_page_that_is_over_leads_to_the_newest(guest: Guest, store: SqlStore) -> None:
    page = guest.look("?cursor=abc&q=mine&kind=changes", status=400)
    assert "This page is no longer there" in page.text
    assert "cursor" not in page.text
    assert "filters" not in page.text
    assert page.link("Show the newest") == f"{guest.path}?q=mine&kind=changes"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "POST"},
        {"X-Original-URL": "/audit/?q=org:other", "X-Rewrite-URL": "/audit/"},
        {"X-Forwarded-Prefix": "/audit/viewer", "X-Script-Name": "/audit"},
        {"X-Organization": "other", "X-Organization-Id": "other", "X-Realm": "staging"},
        {"Cookie": "organization=other; auditlog_form=x; session=x"},
        {"Accept": "application/json"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_changes_what_is_shown(guest: Guest, headers: dict[str, str]) -> None:
    assert guest.get("", headers=headers).text.count('class="type ') == len(ALL)
    assert is_closed(guest.get("", headers=headers))


def test_neither_a_token_nor_a_login_makes_a_link_show_more(
    host: Flask, guest: Guest, store: SqlStore
) -> None:
    _, secret = store.tokens.create(name="all", realm="default", permissions=PERMISSIONS)
    guest.client.get("/as/admin")
    answer = guest.get("", headers={"Authorization": f"Bearer {secret}"})
    assert answer.text.count('class="type ') == len(ALL)
    assert is_closed(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "rest",
    ["", "export?format=csv", f"events/{MINE[0].uid}", f"events/{MINE[0].uid}/drawer"],
    ids=["page", "export", "event", "drawer"],
)
def test_a_link_can_only_be_read(guest: Guest, method: str, rest: str) -> None:
    answer = guest.client.open(guest.path + rest, method=method)
    assert answer.status_code == 405
    assert "mine." not in answer.text


@pytest.mark.parametrize(
    "rest",
    [
        "../",
        "..%2f..%2f",
        "%2e%2e/%2e%2e/realms/staging/events",
        "../../?q=org:other",
        "events/",
        "events",
        "realms/default/events",
        "tokens",
        "settings",
        "static/auditlog.css",
        ";org=other",
        "//other/",
        "%00",
    ],
)
def test_no_path_leads_out_of_a_link(guest: Guest, rest: str) -> None:
    answer = guest.get(rest, follow_redirects=True)
    # The admin pages are closed to whoever gets there by themselves.
    assert answer.status_code in (400, 401, 403, 404)
    assert is_closed(answer)
    assert "mine." not in answer.text
