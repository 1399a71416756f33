"""A link opens what it was made for, and every other one is the same honest page."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from flask_auditlog.event import new_uid
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.kept import links
from tests.web.admin.screen import read
from tests.web.viewer.conftest import FOREIGN
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.conftest import MINE
from tests.web.viewer.conftest import OTHERS


@pytest.mark.parametrize("part", ["", "/drawer"], ids=["page", "drawer"])
@pytest.mark.parametrize("name", OTHERS)
def test_an_event_of_somebody_else_is_not_told_from_one_that_is_not_there(
    guest: Guest, name: str, part: str
) -> None:
    unknown, foreign = (guest.get(f"events/{uid}{part}") for uid in (new_uid(), OTHERS[name].uid))
    assert unknown.status_code == foreign.status_code == 404
    assert unknown.text == foreign.text
    assert dict(unknown.headers) == dict(foreign.headers)
    assert guest.look(f"events/{MINE[0].uid}{part}").one("span", "type").text == "mine.0"


@pytest.mark.parametrize(
    "uid",
    ["x", "%00", "*", "..%2f..", "mine.0", MINE[0].uid + "0"],
    ids=["x", "nul", "star", "up", "type", "longer"],
)
def test_what_is_no_uid_is_no_event(guest: Guest, uid: str) -> None:
    assert guest.get(f"events/{uid}").status_code == 404


@pytest.mark.parametrize(
    "opened", ["../../../", "//evil.example/", "javascript:alert(1)", "x/drawer?org=other", "%00"]
)
def test_what_is_open_leads_nowhere_but_to_an_event_of_the_link(guest: Guest, opened: str) -> None:
    answer = guest.get(f"?open={opened}")
    if answer.status_code == 200:
        to = read(answer.text).one("noscript").link("Open the event of this address")
        assert to.startswith(f"{guest.path}events/")
        assert guest.client.get(to, follow_redirects=True).status_code in (400, 404)
    else:
        assert answer.status_code == 400


def dead(kind: str, invite: Invite, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a link of this kind, which opens nothing."""
    path = invite(expires=60).path
    secret = path.split("/")[-2]
    link = store.viewer_links.living(Scope(realm="default", organization_id=None), at_most=1)[0]
    if kind == "revoked":
        store.viewer_links.revoke(link.id, link.scope)
    elif kind == "expired":
        ahead = time.time_ns() // 1_000_000 + 61_000
        monkeypatch.setattr(links, "_now", lambda: ahead)
    _, token = store.tokens.create(name="t", realm="default", permissions=["view-events"])
    edited = {
        "unknown": links.PREFIX + "x" * 43,
        "shorter": secret[:-1],
        "longer": secret + "A",
        "swapped": secret[: len(links.PREFIX)] + secret[len(links.PREFIX) :].swapcase(),
        "another prefix": secret.replace("al_view_", "al_"),
        "an id": link.id,
        "a token": token,
        "no ASCII": secret[:-1] + "%C3%A9",
        "long": links.PREFIX + "x" * 5000,
        "broken UTF-8": secret[:-1] + "%ff",
        "a line break": secret + "%0A",
        "*": "*",
    }
    return f"/audit/viewer/{edited.get(kind, secret)}/"


KINDS = [
    "revoked",
    "expired",
    "shorter",
    "longer",
    "swapped",
    "another prefix",
    "an id",
    "a token",
    "no ASCII",
    "long",
    "broken UTF-8",
    "a line break",
    "*",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_that_opens_nothing_is_the_same_honest_page(
    kind: str, host: Flask, invite: Invite, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, path = host.test_client(), dead(kind, invite, store, monkeypatch)
    unknown = client.get(f"/audit/viewer/{links.PREFIX}{'x' * 43}/")
    assert "This link does not open anything" in unknown.text
    event = f"events/{MINE[0].uid}"
    for rest in ("", "export?format=csv", event, f"{event}/drawer", f"?open={event}", "?org=other"):
        answer = client.get(path + rest)
        assert (answer.status_code, answer.text) == (404, unknown.text)
        assert dict(answer.headers) == dict(unknown.headers)


# What everybody may read.
PUBLIC = ("healthz", "openapi.json", "certs")


def test_a_link_opens_no_other_door(host: Flask, guest: Guest) -> None:
    secret = guest.path.split("/")[-2]
    headers = {"Authorization": f"Bearer {secret}", "X-Token": secret}
    values = {"realm": "default", "uid": MINE[0].uid, "filename": "auditlog.css", "name": "x"}
    for rule in host.url_map.iter_rules():
        if not rule.endpoint.startswith(("auditlog.", "auditlog_api.")) or "static" in rule.rule:
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", values.get(name, "x")).replace(
                f"<path:{name}>", values.get(name, "x")
            )
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            answer = host.test_client().open(
                f"{path}?token={secret}", method=method, headers=headers
            )
            assert "mine." not in answer.text, rule
            assert FOREIGN not in answer.text, rule
            if not rule.rule.endswith(PUBLIC):
                assert answer.status_code in (400, 401, 403, 404, 405), (rule, method)
