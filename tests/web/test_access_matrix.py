"""Everybody at every address: nobody sees, counts, facets, exports or changes what is not theirs.

An address that has no row in the tables fails, and so does a filter that has no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_auditlog.event import encode
from flask_auditlog.store import MANAGE_EVENTS as MANAGE
from flask_auditlog.store import PUBLISH_EVENTS as PUBLISH
from flask_auditlog.store import Scope
from flask_auditlog.store import VIEW_EVENTS as VIEW
from flask_auditlog.store.charts.summary import FACETED
from flask_auditlog.web.args import FILTERS
from flask_auditlog.web.args import LANGUAGE
from tests.web.admin.samples import event
from tests.web.admin.screen import read
from tests.web.admin.webhooks.conftest import values
from tests.web.api.conftest import Log
from tests.web.places import ALL
from tests.web.places import expired_link
from tests.web.places import HOME
from tests.web.places import make_world
from tests.web.places import NOWHERE
from tests.web.places import OWNER
from tests.web.places import PEOPLE
from tests.web.places import Place
from tests.web.places import PLACES
from tests.web.places import secrets_of
from tests.web.places import state_of

# What each address of the API asks of a token; None: anybody may.
API: Mapping[str, str | None] = {
    "count": VIEW,
    "export": VIEW,
    "export_manifest": VIEW,
    "facets": VIEW,
    "feed": VIEW,
    "histogram": VIEW,
    "ingest": PUBLISH,
    "related": VIEW,
    "search": VIEW,
    "view": VIEW,
    "cancel_replay": MANAGE,
    "count_webhooks": VIEW,
    "create_webhook": MANAGE,
    "delete_webhook": MANAGE,
    "disable_webhook": MANAGE,
    "enable_webhook": MANAGE,
    "list_attempts": VIEW,
    "list_replays": VIEW,
    "list_sends": VIEW,
    "list_webhooks": VIEW,
    "poll_webhook": VIEW,
    "recover_webhook": MANAGE,
    "replay_webhook": MANAGE,
    "resend": MANAGE,
    "retire_secrets": MANAGE,
    "rotate_webhook": MANAGE,
    "sends_of_event": VIEW,
    "test_webhook": MANAGE,
    "update_webhook": MANAGE,
    "view_payload": VIEW,
    "view_replay": VIEW,
    "view_send": VIEW,
    "view_webhook": VIEW,
    "webhook_secret": MANAGE,
    "webhook_stats": VIEW,
    "openapi": None,
    "signing_keys": None,
}
# What each page asks of a person. Who operates may change the whole realm.
OPERATE = "operate"
PAGES: Mapping[str, str | None] = {
    "actor": VIEW,
    "complete": VIEW,
    "delete_view": VIEW,
    "drawer": VIEW,
    "event": VIEW,
    "export": VIEW,
    "export_chosen": VIEW,
    "export_manifest": VIEW,
    "exports": VIEW,
    "begin_export": VIEW,
    "cancel_export": VIEW,
    "fetch_export": VIEW,
    "overview": VIEW,
    "resource": VIEW,
    "save_view": VIEW,
    "search": VIEW,
    "tail": VIEW,
    "types": VIEW,
    "coverage": OPERATE,
    "settings": OPERATE,
    "create_token": MANAGE,
    "revoke_link": MANAGE,
    "revoke_token": MANAGE,
    "tokens": MANAGE,
    "begin_replay": MANAGE,
    "cancel_replay": MANAGE,
    "delete_webhook": MANAGE,
    "delivery": VIEW,
    "disable_webhook": MANAGE,
    "edit_webhook": MANAGE,
    "enable_webhook": MANAGE,
    "new_webhook": MANAGE,
    "replays": VIEW,
    "resend": MANAGE,
    "reveal": MANAGE,
    "retire": MANAGE,
    "rotate": MANAGE,
    "disable_catch_all": OPERATE,
    "enable_catch_all": OPERATE,
    "rotate_signing_key": OPERATE,
    "test_webhook": MANAGE,
    "webhook": VIEW,
    "webhooks": VIEW,
    "healthz": None,
    "static": None,
    # To a token, of the whole realm: see below.
    "metrics": None,
}
# What was made for one person alone, within what they may see now.
OWNED = {"cancel_export", "fetch_export"}
# What each page of the viewer asks of a link; None: each may.
VIEWER: Mapping[str, str | None] = {
    "activity": None,
    "drawer": None,
    "event": None,
    "export": None,
    "export_manifest": None,
    "exports": None,
    "begin_export": None,
    "cancel_export": None,
    "fetch_export": None,
    "create_token": "tokens",
    "revoke_token": "tokens",
    "tokens": "tokens",
    "delete_webhook": "webhooks",
    "delivery": "webhooks",
    "disable_webhook": "webhooks",
    "edit_webhook": "webhooks",
    "enable_webhook": "webhooks",
    "new_webhook": "webhooks",
    "resend": "webhooks",
    "retire": "webhooks",
    "rotate": "webhooks",
    "test_webhook": "webhooks",
    "webhook": "webhooks",
    "webhooks": "webhooks",
}
# What an address cannot be asked without, or would show that somebody asked for others' ids: what
# one was refused is on record, among one's own.
PLANTED = "type=zq*"
NEEDED = {
    "auditlog_api.export": f"format=ndjson&{PLANTED}",
    "auditlog_api.search": PLANTED,
    "auditlog_api.facets": PLANTED,
    "auditlog_api.feed": PLANTED,
    "auditlog.export": f"format=csv&{PLANTED}",
    "auditlog.search": PLANTED,
    "auditlog_viewer.activity": "q=type:zq*",
    "auditlog_viewer.export": "format=csv&q=type:zq*",
    "auditlog.complete": "q=type:zq",
    "auditlog.actor": "user=zqbbacme-user",
    "auditlog.resource": "resource=zqbbacme/1",
}
SEARCHES = ("search", "count", "facets", "histogram", "feed", "export")
# Filters that find what is everybody's.
COMMON = {
    "operation": "CREATE",
    "source": "capture",
    "error": "true",
    "after": "2023-07-10",
    "before": "2030-01-01",
    "reads": "true",
    "zone": "Europe/Stockholm",
}
_NAME = re.compile(r"<(?:\w+:)?(\w+)>")


class Address(NamedTuple):
    """One route and method, of one of the tables."""

    name: str
    method: str
    rule: Rule

    def names(self) -> list[str]:
        return _NAME.findall(self.rule.rule)

    def of(self, place: Place, **more: str) -> str | None:
        """The address of what is in *place*, if there is one."""
        ids = {**place.ids, **more}
        if self.name == "export_manifest":
            ids["uid"] = ids["export_uid"]
        if self.rule.endpoint.startswith("auditlog_viewer"):
            ids["file_id"] = ids["guest_file_id"]
        if not set(self.names()) <= ids.keys():
            return None
        path = _NAME.sub(lambda found: ids[found[1]], self.rule.rule)
        return f"{path}?{NEEDED.get(self.rule.endpoint, '')}".rstrip("?")


def addresses(log: Log, blueprint: str) -> Iterator[Address]:
    """All that a blueprint serves, but what it refuses by other methods."""
    for rule in log.app.url_map.iter_rules():
        room, _, name = rule.endpoint.rpartition(".")
        if room == blueprint and name != "nothing" and not name.startswith("refuse_"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Address(name, method, rule)


@pytest.fixture(scope="module")
def log() -> Log:
    return make_world()


@pytest.fixture(scope="module")
def callers(log: Log) -> Any:
    return secrets_of(log)


def ask(log: Log, method: str, path: str, secret: str | None, **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    if method != "GET":
        more.setdefault("json", {"type": "written"})
    return log.app.test_client().open(path, method=method, headers=headers, buffered=True, **more)


def leaks(answer: TestResponse, sees: frozenset[str], *asked: str) -> set[str]:
    """Return the places that an answer tells of though it should not.

    What was *asked* for may be said back.
    """
    text = f"{answer.get_data(as_text=True)} {answer.headers}"
    for each in sorted(asked, key=len, reverse=True):
        text = text.replace(each, "")
    hidden = {name: place for name, place in PLACES.items() if name not in sees}
    return {name for name, place in hidden.items() if any(it in text for it in place.words())}


def test_every_address_has_its_row(log: Log) -> None:
    there = {
        blueprint: {each.name for each in addresses(log, blueprint)}
        for blueprint in ("auditlog_api", "auditlog", "auditlog_viewer")
    }
    rows = {"auditlog_api": {*API}, "auditlog": {*PAGES}, "auditlog_viewer": {*VIEWER}}
    assert {name: there[name] ^ rows[name] for name in rows} == {name: set() for name in rows}
    ours = {name for name in log.app.blueprints if name.startswith("auditlog")}
    assert ours == there.keys()


def test_every_filter_has_its_value() -> None:
    assert {*NOWHERE.filters(), *COMMON} == {*FILTERS, *LANGUAGE, "details.plan"}


CALLERS = [
    "anonymous",
    "unknown",
    "expired",
    "revoked",
    "of elsewhere",
    "view-events",
    "view-events of acme",
    "manage-events",
    "manage-events of acme",
    "publish-events",
    "publish-events of acme",
    "publish-as",
    "publish-as of acme",
    "everything",
    "everything of acme",
    "everything of nothing",
]


def test_all_callers_are_tried(callers: Any) -> None:
    assert sorted(CALLERS) == sorted(callers)


def expected(need: str | None, place: str | None, sees: frozenset[str], may: Any) -> int:
    """What a caller of the API is answered, of something that is in *place*."""
    if need is None:
        return 200
    if not may:
        return 401
    if need not in may:
        return 403
    return 404 if place is not None and place not in sees else 200


@pytest.mark.parametrize("caller", CALLERS)
def test_the_api_tells_everybody_what_is_theirs_and_no_more(
    log: Log, callers: Any, caller: str
) -> None:
    secret, sees, may = callers[caller]
    shown: set[str] = set()
    before = state_of(log)
    for address in addresses(log, "auditlog_api"):
        by_id = set(address.names()) - {"realm", "kind"}
        for name, place in PLACES.items() if by_id else [(None, PLACES["acme"])]:
            path = address.of(place)
            assert path is not None
            status = expected(API[address.name], name, sees, may)
            # What changes something is tried by those alone who may not.
            if address.method != "GET" and status == 200:
                continue
            answer = ask(log, address.method, path, secret)
            assert answer.status_code == status, (address, name, answer.text)
            asked = [each for each in place.ids.values() if each in path]
            visible = sees if status == 200 and API[address.name] else frozenset()
            assert not leaks(answer, visible, *asked), (address, name)
            if status == 200 and name:
                shown.add(address.name)
    assert state_of(log) == before
    # The table would prove nothing if nobody was ever shown anything.
    assert bool(shown) is bool(sees and {VIEW, MANAGE} & set(may))


@pytest.mark.parametrize("caller", ["everything", "everything of acme"])
@pytest.mark.parametrize("name", [*NOWHERE.filters()])
def test_a_filter_finds_nothing_of_others(log: Log, callers: Any, caller: str, name: str) -> None:
    secret, sees, _ = callers[caller]
    extra = {"type": "zq*"} if name == "org" else {}

    def found(place: Place, path: str) -> tuple[int, str]:
        return found_by(log, secret, path, sees, {name: place.filters()[name]} | extra)

    for path in SEARCHES:
        nothing = found(NOWHERE, path)
        assert nothing[0] == 200
        for which, place in PLACES.items():
            is_found = found(place, path) != nothing
            # By the name of an organization its part of this realm is found, wherever else it is.
            same = name == "org" and place.organization == PLACES["acme"].organization
            theirs = "acme" if same else which
            if name == "org" and which == "nobody":
                theirs = ""
            assert is_found is (theirs in sees), (path, which)


@pytest.mark.parametrize("caller", ["everything", "everything of acme", "everything of nothing"])
@pytest.mark.parametrize("name", [*NOWHERE.queries()])
def test_a_query_finds_nothing_of_others(log: Log, callers: Any, caller: str, name: str) -> None:
    secret, sees, _ = callers[caller]
    for path in SEARCHES:
        nothing = found_by(log, secret, path, sees, {"q": NOWHERE.queries()[name]})
        assert nothing[0] == 200
        for which, place in PLACES.items():
            found = found_by(log, secret, path, sees, {"q": place.queries()[name]})
            assert (found != nothing) is (which in sees), (path, which)


def found_by(
    log: Log, secret: str, path: str, sees: frozenset[str], asked: dict[str, str]
) -> tuple[int, str]:
    """What a search is answered, and that it tells of nothing else than what one sees."""
    extra = {"format": "ndjson"} if path == "export" else {}
    address = f"/audit/realms/{HOME}/events/{path}".removesuffix("/search")
    answer = ask(log, "GET", address, secret, query_string=asked | extra)
    assert not leaks(answer, sees, *asked.values())

    # Sealed anew with each answer.
    return answer.status_code, re.sub(r'"cursor":"[^"]*"', "", answer.text)


@pytest.mark.parametrize("caller", ["view-events of acme", "everything of nothing"])
@pytest.mark.parametrize("name", [*COMMON])
def test_a_filter_of_what_all_have_finds_ones_own(
    log: Log, callers: Any, caller: str, name: str
) -> None:
    secret, sees, _ = callers[caller]
    for path in SEARCHES:
        extra = {"format": "csv"} if path == "export" else {}
        answer = ask(
            log,
            "GET",
            f"/audit/realms/{HOME}/events/{path}".removesuffix("/search"),
            secret,
            query_string={name: COMMON[name], "type": "zq*"} | extra,
        )
        assert answer.status_code == 200
        assert not leaks(answer, sees), path


def test_what_others_asked_for_is_not_told_either(log: Log, callers: Any) -> None:
    """Reads are on record, with what was searched for: for the whole realm, or of whom they are."""
    everything, globex = callers["everything"][0], log.token(VIEW, organization_id="zqcccglobex")
    path = f"/audit/realms/{HOME}/events"
    asked = {"username": "zqalone-name", "q": "username:zqbbacme-name"}
    assert ask(log, "GET", path, everything, query_string=asked).status_code == 200
    reads = {"reads": "true", "type": "admin.AUDIT_LOG*"}
    assert "zqbbacme-name" in ask(log, "GET", path, everything, query_string=reads).text
    answer = ask(log, "GET", path, globex, query_string=reads)
    assert answer.status_code == 200
    assert not leaks(answer, frozenset({"globex"}))


def test_metrics_are_for_tokens_that_see_the_whole_realm(log: Log, callers: Any) -> None:
    for caller in CALLERS:
        secret, _, may = callers[caller]
        status = 401 if not may else 200 if VIEW in may else 403
        if " of " in caller and status == 200:
            status = 403
        answer = ask(log, "GET", "/audit/metrics", secret)
        assert answer.status_code == status, caller
        assert not leaks(answer, frozenset())


def seen_by(may: str | None) -> frozenset[str]:
    if may == "whole":
        return ALL
    return frozenset(name for name in ALL if PLACES[name].organization == may and may)


def expected_of_page(page: str, place: str | None, who: str) -> int:
    """What somebody is answered by a page, of something that is in *place*."""
    status = expected_of(PAGES[page], place, who)
    if status == 200 and page in OWNED and who != OWNER:
        return 404
    # Without a cursor of theirs: see below.
    return 400 if status == 200 and page == "tail" else status


def expected_of(need: str | None, place: str | None, who: str) -> int:
    look, change = PEOPLE.get(who, (None, None))
    may = look if need == VIEW else change
    if need is None:
        return 200
    if may is None or (need == OPERATE and may != "whole"):
        return 403
    return 404 if place is not None and place not in seen_by(may) else 200


def visit(log: Log, who: str, method: str, path: str, **more: Any) -> TestResponse:
    client: FlaskClient = more.pop("client", None) or log.app.test_client()
    headers = {"X-As": who} if who != "anonymous" else {}
    return client.open(path, method=method, headers=headers, buffered=True, **more)


def form_of(log: Log, who: str, client: FlaskClient) -> dict[str, str]:
    """A genuine token of a form, for who has forms at all."""
    page = visit(log, who, "GET", f"/audit/?realm={HOME}&type=zq*", client=client)
    if page.status_code != 200:
        return {}
    return next(
        found
        for form in read(page.text).all("form", method="post")
        if "auditlog_form" in (found := values(form))
    )


@pytest.mark.parametrize("who", [*PEOPLE, "anonymous", "of elsewhere"])
def test_the_pages_show_everybody_what_is_theirs_and_no_more(log: Log, who: str) -> None:
    client = log.app.test_client()
    fields = form_of(log, who, client)
    sees = seen_by(PEOPLE.get(who, (None, None))[0])
    before = state_of(log)
    for address in addresses(log, "auditlog"):
        if PAGES[address.name] is None:
            continue
        by_id = bool(address.names())
        # These two name what is acme's.
        whose = "acme" if address.name in ("actor", "resource") else None
        for name, place in PLACES.items() if by_id else [(whose, PLACES["acme"])]:
            path = address.of(place)
            if path is None:
                continue
            status = expected_of_page(address.name, name, who)
            if address.method != "GET" and status == 200:
                continue
            path += f"{'&' if '?' in path else '?'}realm={HOME}"
            data = {"data": {**fields, "realm": HOME}} if address.method != "GET" else {}
            answer = visit(log, who, address.method, path, client=client, **data)
            assert answer.status_code == status, (address, name, answer.text)
            asked = [path, *(each for each in place.ids.values() if each in path)]
            asked += (
                ["zqbbacme-user", "zqbbacme/1"] if address.name in ("actor", "resource") else []
            )
            if address.name == "exports":
                # Whoever may see an export is told what was searched for, found or not.
                asked += all_that_was_asked()
            assert not leaks(answer, sees if status == 200 else frozenset(), *asked), address
    assert state_of(log) == before


@pytest.mark.parametrize("who", ["acme's auditor", "of nothing"])
@pytest.mark.parametrize("name", [*NOWHERE.filters()])
def test_a_filter_shows_nothing_of_others(log: Log, who: str, name: str) -> None:
    sees = seen_by(PEOPLE[who][0])
    for which, place in PLACES.items():
        value = place.filters()[name]
        for path in ("/audit/", "/audit/export"):
            extra = {"format": "csv"} if path == "/audit/export" else {}
            extra |= {"type": "zq*"} if name == "org" else {}
            query = {"realm": HOME, name: value, **extra}
            answer = visit(log, who, "GET", path, query_string=query)
            assert answer.status_code == (200 if PEOPLE[who][0] else 403)
            assert not leaks(answer, sees, value, *pieces(value)), (path, which)


@pytest.mark.parametrize("who", ["acme's auditor", "of nothing"])
@pytest.mark.parametrize("name", [*NOWHERE.queries()])
def test_a_query_shows_nothing_of_others(log: Log, who: str, name: str) -> None:
    sees = seen_by(PEOPLE[who][0])
    for which, place in PLACES.items():
        asked = place.queries()[name]
        for path in ("/audit/", "/audit/export"):
            extra = {"format": "csv"} if path == "/audit/export" else {}
            query = {"realm": HOME, "q": asked, **extra}
            answer = visit(log, who, "GET", path, query_string=query)
            assert answer.status_code == 200
            assert not leaks(answer, sees, asked, *pieces(asked)), (path, which)
            # Neither as rows nor as lines.
            is_found = place.ids["uid"] in answer.text
            assert is_found is (which in sees), (path, which)


def all_that_was_asked() -> list[str]:
    """What the tests of this module search for, whole and in pieces."""
    told = [said for each in PLACES.values() for said in (each.filters(), each.queries())]
    words = [word for said in told for word in said.values()]

    return [*words, *(piece for word in words for piece in pieces(word))]


def pieces(asked: str) -> list[str]:
    """What was asked for is said back, whole and in pieces; what is found has more than that."""
    words = re.findall(r"(?:zq|10\.77)[\w./-]+", asked)

    return [*words, *(quote(word, safe="") for word in words)]


def test_what_comes_in_comes_to_those_who_may_see_it(log: Log) -> None:
    following = {}
    for who in ("operator", "acme's auditor", "of nothing"):
        page = visit(log, who, "GET", f"/audit/?realm={HOME}&type=zq*&tail=true")
        (part,) = (it for it in read(page.text).all("div", "explore-main"))
        following[who] = part.attrs["data-tail"]
    for place in PLACES.values():
        arrived = event(
            f"{place.mark}.new", realm_id=place.realm, organization_id=place.organization
        )
        with log.app.app_context():
            log.audit.events.append([encode(arrived)])
    for who, path in following.items():
        sees = seen_by(PEOPLE[who][0])
        answer = visit(log, who, "GET", path)
        assert answer.status_code == 200
        assert not leaks(answer, sees)
        assert {it for it in ALL if f"{PLACES[it].mark}.new" in answer.text} == sees
    # Nor does somebody else's cursor lead there.
    answer = visit(log, "acme's auditor", "GET", following["operator"])
    assert not leaks(answer, frozenset({"acme"}))
    assert visit(log, "stranger", "GET", following["operator"]).status_code == 403


@pytest.mark.parametrize("who", ["operator", "acme's auditor", "of nothing"])
@pytest.mark.parametrize("field", sorted(FACETED))
def test_the_query_box_completes_what_one_may_see(log: Log, who: str, field: str) -> None:
    sees = seen_by(PEOPLE[who][0])
    begun = "10.77" if field == "ip" else "zq"
    answer = visit(
        log, who, "GET", "/audit/complete", query_string={"realm": HOME, "q": f"{field}:{begun}"}
    )
    assert answer.status_code == 200
    assert not leaks(answer, sees)
    if "acme" in sees and field != "org":
        assert any(word in answer.text for word in PLACES["acme"].words())


LINKS = ("acme", "globex", "elsewhere", "acme to read", "revoked", "expired", "unknown")


@pytest.mark.parametrize("whose", LINKS)
def test_a_link_shows_and_changes_one_organization_and_no_more(log: Log, whose: str) -> None:
    token, place_of_link = link_of(log, whose)
    sees = frozenset({place_of_link} & PLACES.keys())
    fields = fields_of(log, token)
    before, shown = state_of(log), set()
    for address in addresses(log, "auditlog_viewer"):
        need = VIEWER[address.name]
        is_open = bool(sees) and (need is None or whose != "acme to read")
        by_id = set(address.names()) - {"token"}
        for name, place in PLACES.items():
            path = address.of(place, token=token)
            assert path is not None
            is_there = is_open and (name in sees or not by_id)
            # What changes something is tried by those alone who may not.
            if address.method != "GET" and is_there:
                continue
            data = {"data": fields} if address.method != "GET" else {}
            answer = visit(log, "anonymous", address.method, path, **data)
            assert answer.status_code == (200 if is_there else 404), (address, name)
            asked = [token, *(each for each in place.ids.values() if each in path)]
            # That of elsewhere is of an organization of the same name.
            asked += [PLACES["acme"].mark] if whose == "elsewhere" else []
            assert not leaks(answer, sees if is_there else frozenset(), *asked), (address, name)
            shown |= {address.name} if is_there else set()
    assert state_of(log) == before
    assert bool(shown) is bool(sees)


@pytest.mark.parametrize("whose", ["acme", "globex", "elsewhere"])
@pytest.mark.parametrize("name", [*NOWHERE.queries()])
def test_a_link_finds_nothing_of_others(log: Log, whose: str, name: str) -> None:
    base = f"/audit/viewer/{PLACES[whose].ids['token']}/"
    # That of elsewhere is of an organization of the same name.
    same = [PLACES["acme"].mark] if whose == "elsewhere" else []
    for which, place in PLACES.items():
        asked = place.queries()[name]
        for path, extra in (("", {}), ("export", {"format": "ndjson"})):
            query = {"q": asked, **extra}
            answer = visit(log, "anonymous", "GET", base + path, query_string=query)
            assert answer.status_code == 200
            words = [asked, *pieces(asked), *same]
            assert not leaks(answer, frozenset({whose}), *words), (path, which)
            assert (place.ids["uid"] in answer.text) is (which == whose), (path, which)


def link_of(log: Log, whose: str) -> tuple[str, str]:
    """The secret of a link, and the place that it opens, if there is one."""
    if whose == "acme to read":
        return PLACES["acme"].ids["token_to_read"], "acme"
    if whose == "revoked":
        return revoked_link(log), ""
    if whose == "expired":
        return expired_link(log), ""

    return (PLACES[whose].ids["token"], whose) if whose in PLACES else ("x" * 43, "")


def fields_of(log: Log, token: str) -> dict[str, str]:
    """A genuine form of a link, as somebody would send it to where they may not."""
    page = visit(log, "anonymous", "GET", f"/audit/viewer/{token}/exports?format=csv")
    return values(read(page.text).all("form", method="post")[0]) if page.status_code == 200 else {}


def revoked_link(log: Log) -> str:
    organization = PLACES["acme"].organization
    assert organization is not None
    with log.app.test_request_context(headers={"X-As": "operator"}):
        url = log.audit.viewer_url(organization, actor="guest", realm=HOME)
    store, before = log.audit, set(PLACES["acme"].ids.values())
    with log.app.app_context():
        scope = Scope(realm=HOME, organization_id=organization)
        links = store.events.viewer_links
        for each in links.living(scope, at_most=9):
            if each.id not in before:
                links.revoke(each.id, scope)
    return url.rstrip("/").rpartition("/")[2]
