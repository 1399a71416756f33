"""Everybody at every address: nobody sees, counts or exports what is not theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog.event import encode
from flask_auditlog.store import MANAGE_EVENTS
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.api.conftest import Log

ALL = frozenset({"of.nobody", "of.acme", "of.globex"})
ACME = frozenset({"of.acme"})
# Theirs too, but in another realm.
ELSEWHERE = event("of.elsewhere", realm_id="other", organization_id="acme", auth_details=MAYA)
EVENTS = {
    "of.nobody": event("of.nobody", auth_details=MAYA),
    "of.acme": event("of.acme", organization_id="acme", auth_details=MAYA),
    "of.globex": event("of.globex", organization_id="globex", auth_details=MAYA),
    "of.elsewhere": ELSEWHERE,
}

Seen = frozenset[str]
Case = tuple[Callable[[Log], str | None], int | Seen, int]


def holding(*permissions: str, **options: Any) -> Callable[[Log], str]:
    return lambda log: log.token(*permissions, **options)


def expired(log: Log) -> str:
    return log.token(*PERMISSIONS, expires_time=time.time_ns() // 1_000_000 - 1)


def revoked(log: Log) -> str:
    secret = log.token(*PERMISSIONS)
    with log.app.app_context():
        (token,) = log.audit.events.tokens.all()
        log.audit.events.tokens.revoke(token.id)
    return secret


# Who asks; the events they may see, or the status of every GET; the status of a POST.
CALLERS: Mapping[str, Case] = {
    "anonymous": (lambda log: None, 401, 401),
    "unknown": (lambda log: "al_" + "x" * 43, 401, 401),
    "expired": (expired, 401, 401),
    "revoked": (revoked, 401, 401),
    "of another realm": (holding(*PERMISSIONS, realm="other"), 401, 401),
    "view": (holding(VIEW_EVENTS), ALL, 403),
    "publish": (holding(PUBLISH_EVENTS), 403, 202),
    "publish as": (holding(PUBLISH_AS), 403, 403),
    "manage": (holding(MANAGE_EVENTS), 403, 403),
    "everything": (holding(*PERMISSIONS), ALL, 202),
    "everything of acme": (holding(*PERMISSIONS, organization_id="acme"), ACME, 202),
    "publish of acme": (holding(PUBLISH_EVENTS, organization_id="acme"), 403, 202),
    "everything of nothing": (holding(*PERMISSIONS, organization_id="nothing"), frozenset(), 202),
}


class Asking:
    """One of the callers, at the addresses of the realm ``default``."""

    def __init__(self, log: Log, secret: str | None) -> None:
        self.client: FlaskClient = log.app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def __call__(self, path: str = "", **more: Any) -> TestResponse:
        return self.client.open(
            f"/audit/realms/default/events{path}", headers=self.headers, buffered=True, **more
        )


@pytest.fixture(params=CALLERS)
def case(request: pytest.FixtureRequest, log: Log) -> tuple[Asking, int | Seen, int]:
    make, seen, posted = CALLERS[request.param]
    asking = Asking(log, make(log))
    with log.app.app_context():
        log.audit.events.realms.add("other")
        log.audit.events.append([encode(each) for each in EVENTS.values()])

    return asking, seen, posted


Told = Callable[[Asking], tuple[int, int | Seen]]


def found(types: list[str], answer: TestResponse) -> tuple[int, Seen]:
    """The status, and which of the planted events are told of, anywhere in the answer."""
    told = {name for name in EVENTS if name in answer.text or EVENTS[name].uid in answer.text}
    assert told == {name for name in types if name in EVENTS}
    return answer.status_code, frozenset(told)


def search(asking: Asking) -> tuple[int, Seen]:
    answer = asking("?reads=true&type=of.*")
    return found([each["type"] for each in answer.get_json().get("events", [])], answer)


def others(asking: Asking) -> tuple[int, Seen]:
    """Whoever asks for each organization by name finds what they find without."""
    answers = [asking(f"?type=of.*&org={name}") for name in ("acme", "globex")]
    types = [each["type"] for a in answers for each in a.get_json().get("events", [])]
    rest = {"of.nobody"} & search(asking)[1]
    return answers[0].status_code, frozenset(types) | rest


def count(asking: Asking) -> tuple[int, int]:
    answer = asking("/count?type=of.*")
    return answer.status_code, answer.get_json().get("count", 0)


def feed(asking: Asking) -> tuple[int, Seen]:
    answer = asking("/feed?reads=true&type=of.*")
    return found([each["type"] for each in answer.get_json().get("events", [])], answer)


def related(asking: Asking, asked: str = "") -> tuple[int, Seen]:
    """They were all done in one session: around each there are the others, of those one may see."""
    answers = {name: asking(f"/{it.uid}/related{asked}") for name, it in EVENTS.items()}
    hidden = {name: each for name, each in answers.items() if each.status_code != 200}
    seen = frozenset(answers.keys() - hidden.keys())
    told = {name for name in EVENTS for each in answers.values() if name in each.text}
    assert told == (seen if len(seen) > 1 else set())
    (status,) = {each.status_code for each in hidden.values()}
    return (200 if status == 404 else status), seen


def facets(asking: Asking) -> tuple[int, Seen]:
    answer = asking("/facets?type=of.*")
    types = answer.get_json().get("facets", {"type": {"values": []}})["type"]["values"]
    return answer.status_code, frozenset(each["value"] for each in types)


def histogram(asking: Asking) -> tuple[int, int]:
    answer = asking("/histogram?type=of.*")
    return answer.status_code, sum(bar["count"] for bar in answer.get_json().get("bars", []))


def exported(kind: str) -> Told:
    def export(asking: Asking) -> tuple[int, Seen]:
        answer = asking(f"/export?format={kind}&type=of.*")
        return found([name for name in EVENTS if name in answer.text], answer)

    return export


def view(asking: Asking, asked: str = "") -> tuple[int, Seen]:
    answers = {name: asking(f"/{it.uid}{asked}") for name, it in EVENTS.items()}
    hidden = {name: each for name, each in answers.items() if each.status_code != 200}
    assert not any(EVENTS[name].uid in each.text for name, each in hidden.items())
    # Nobody sees them all, and what is not theirs is not told from what is not there.
    (status,) = {each.status_code for each in hidden.values()}
    return (200 if status == 404 else status), frozenset(answers.keys() - hidden.keys())


READS: Mapping[str, Told] = {
    "search": search,
    "search for others": others,
    "count": count,
    "facets": facets,
    "histogram": histogram,
    "feed": feed,
    "related": related,
    "related of a type": lambda asking: related(asking, "?q=type:of.*+OR+org:*"),
    "csv": exported("csv"),
    "ndjson": exported("ndjson"),
    "json": exported("json"),
    "view": view,
    "view of a type": lambda asking: view(asking, "?q=type:of.*+OR+org:*"),
}


@pytest.mark.parametrize("route", READS)
def test_nobody_reads_what_is_not_theirs(case: tuple[Asking, int | Seen, int], route: str) -> None:
    asking, seen, _ = case
    status, told = READS[route](asking)
    if isinstance(seen, int):
        assert (status, told or frozenset()) == (seen, frozenset())
        return
    assert status == 200
    assert told == (len(seen) if route in {"count", "histogram"} else seen)


def test_nobody_writes_who_may_not(case: tuple[Asking, int | Seen, int], log: Log) -> None:
    asking, _, posted = case
    assert asking(method="POST", json={"type": "written"}).status_code == posted
    written = [each for each in log.bodies() if each["type"] == "written"]
    assert len(written) == (posted == 202)


def test_the_table_has_every_permission_alone() -> None:
    assert {"view", "publish", "publish as", "manage"} <= CALLERS.keys()
    assert len(PERMISSIONS) == 4
