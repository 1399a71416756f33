"""Recording: what is kept, what is refused, and what the host's hook may do."""

from __future__ import annotations

import datetime
import json
import weakref
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import event_recorded
from flask_auditlog import Record
from flask_auditlog import Veto
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import ReservedType
from flask_auditlog.errors import ScopeError
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.errors import TooLarge
from flask_auditlog.event import Draft
from flask_auditlog.event import encode
from flask_auditlog.event import filed
from flask_auditlog.event import finished
from flask_auditlog.event import new_uid
from flask_auditlog.event import salted
from flask_auditlog.recorder import Context
from flask_auditlog.recorder import Recorder
from flask_auditlog.recorder.plain import clean
from flask_auditlog.store.append.rows import row_of
from tests.apps import counted
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import types

API = Context(realm="default", source="api", token_id="t", actor=Actor(client_id="service"))
MASK = "[masked]"


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Iterator[Flask]:
    app = make_app(audit)
    with app.app_context():
        yield app


def ingest(app: Flask, *drafts: Draft, context: Context = API) -> list[str | None]:
    """Record what came over the API, and return the uids."""
    recorder: Recorder = app.extensions["auditlog"].recorder
    answer: list[str | None] = json.loads(recorder.ingest(drafts, context))
    return answer


# What is given


def test_a_receipt_names_the_event_that_is_there(host: Flask, audit: AuditLog) -> None:
    receipt = audit.record("invoice.paid", details={"amount": 12})
    assert receipt.state == "committed"
    assert last(host).uid == receipt.uid
    assert last(host).details == {"amount": 12}


def test_everything_that_can_be_said_is_kept(host: Flask, audit: AuditLog) -> None:
    said: dict[str, Any] = {
        "time": 1_600_000_000_000,
        "organization_id": "acme",
        "operation_type": "UPDATE",
        "resource_type": "INVOICE",
        "resource_path": "invoices/42",
        "representation": '{"amount":12}',
        "error": "declined",
        "uid": "01890a5d-ac96-774b-bcce-b302099a8057",
    }
    audit.record("invoice.paid", **said)
    assert {name: getattr(last(host), name) for name in said} == said


@pytest.mark.parametrize(
    ("call", "type_"),
    [
        (lambda audit: audit.access_event("REGISTER"), "access.REGISTER"),
        (lambda audit: audit.access_event("LOGIN", error="no"), "access.LOGIN_ERROR"),
        (lambda audit: audit.access_event("LOGIN_ERROR", error="no"), "access.LOGIN_ERROR"),
        (lambda audit: audit.admin_event("USER", "UPDATE"), "admin.USER-UPDATE"),
        (lambda audit: audit.system_event("MAINTENANCE"), "system.MAINTENANCE"),
    ],
)
def test_each_kind_of_event_has_its_type(
    host: Flask, audit: AuditLog, call: Callable[[AuditLog], Any], type_: str
) -> None:
    call(audit)
    assert last(host).type == type_


def test_an_admin_event_keeps_its_changes(host: Flask, audit: AuditLog) -> None:
    audit.admin_event("USER", "UPDATE", changes={"role": ["user", "admin"]}, details={"by": "x"})
    event = last(host)
    assert event.details == {"by": "x", "changes": {"role": ["user", "admin"]}}
    assert (event.resource_type, event.operation_type) == ("USER", "UPDATE")


def test_a_system_event_has_no_actor(host: Flask, audit: AuditLog) -> None:
    with audit.actor(username="alice"):
        audit.system_event("MAINTENANCE")
    assert last(host).auth_details is None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": None}, "type"),
    ({"type": ""}, "type"),
    ({"operation_type": "RESTORE"}, "operationType"),
    ({"resource_path": ["a"]}, "resourcePath"),
    ({"resource_path": "x" * 2001}, "resourcePath"),
    ({"error": True}, "error"),
    ({"representation": {"a": 1}}, "representation"),
    ({"time": "now"}, "time"),
    ({"time": 1.5}, "time"),
    ({"time": True}, "time"),
    ({"time": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)}, "time"),
    ({"time": -1}, "time"),
    ({"time": 2**53}, "time"),
    ({"uid": "x"}, "uid"),
    ({"details": "text"}, "details"),
    ({"details": ["a"]}, "details"),
    ({"auth_details": {"userId": "x"}}, "authDetails"),
]


@pytest.mark.parametrize(("given", "field"), WRONG, ids=ascii)
def test_what_cannot_be_stored_is_refused_by_name(
    host: Flask, audit: AuditLog, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidEvent) as error:
        audit.record(**{"type": "a", **given})
    assert [fault.field for fault in error.value.faults] == [field]
    assert records(host) == []


def test_a_word_that_does_not_exist_is_an_error(host: Flask, audit: AuditLog) -> None:
    with pytest.raises(TypeError, match="resourcepath"):
        audit.record("a", resourcepath="x")


@pytest.mark.parametrize(
    ("given", "stored"),
    [(7, "7"), (ValueError("no"), "no"), ("a\0b\ud800", "a\ufffdb\ufffd"), (b"ab", "ab")],
)
def test_what_is_text_may_be_given_as_something_else(
    host: Flask, audit: AuditLog, given: Any, stored: str
) -> None:
    audit.record("a", resource_path=given, error=given, resource_type=given, organization_id=given)
    event = last(host)
    assert {event.resource_path, event.error, event.resource_type, event.organization_id} == {
        stored
    }


def test_every_stored_event_can_be_read_again(host: Flask, audit: AuditLog) -> None:
    with audit.actor(user_id=7, username="\ud800"):  # type: ignore[arg-type]  # what hosts do
        odd: dict[Any, Any] = {1: b"\xff", "b": {2**70}, "c": (float("nan"),)}
        audit.record("a", details=odd)
    assert json.loads(records(host)[0].body)["authDetails"]["userId"] == "7"
    assert last(host).details == {"1": "/w==", "b": ["1180591620717411303424"], "c": ["nan"]}


def test_what_was_given_is_not_changed(host: Flask, audit: AuditLog) -> None:
    given: dict[Any, Any] = {"password": "hunter2", "list": [{"token": "x"}], 1: b"x"}
    audit.record("a", details=given)
    assert given == {"password": "hunter2", "list": [{"token": "x"}], 1: b"x"}


# Sizes


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(("depth", "fits"), [(31, True), (32, True), (33, False)])
def test_details_have_a_depth(host: Flask, audit: AuditLog, depth: int, fits: bool) -> None:
    if fits:
        audit.record("a", details=nested(depth))
        assert last(host).details == nested(depth)
        return
    with pytest.raises(InvalidEvent, match="no deeper than 32"):
        audit.record("a", details=nested(depth))


@pytest.mark.parametrize("character", ["x", "ü"])
@pytest.mark.parametrize(("more", "fits"), [(-1, True), (0, True), (1, False)])
def test_an_event_has_a_size_in_bytes(
    make_app: MakeApp, character: str, more: int, fits: bool
) -> None:
    limit = 1000
    app = make_app(AUDITLOG_LIMITS={"event_bytes": limit})
    uid = "01890a5d-ac96-774b-bcce-b302099a8057"
    with app.app_context():
        AuditLog().record("a", uid=uid, time=1_600_000_000_000, details={"x": ""})
        room = limit - len(records(app)[0].body) + more
        pad = "x" * (room % 2) + character * (room // len(character.encode()))
        pad = pad if len(pad.encode()) == room else character * room
        new = uid.replace("8057", "8058")
        if fits:
            AuditLog().record("a", uid=new, time=1_600_000_000_000, details={"x": pad})
            assert len(records(app)[1].body.encode()) == limit + more
            return
        with pytest.raises(TooLarge, match=r"1,?000 bytes"):
            AuditLog().record("a", uid=new, time=1_600_000_000_000, details={"x": pad})


# Masking


SECRET = "hunter2hunter2"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize(
    "given",
    [
        {"details": {"password": SECRET}},
        {"details": {"a": [{"newPassword": SECRET}]}},
        {"details": {"form": f"user=bob&password={SECRET}"}},
        {"details": {"body": f'{{"api_key": "{SECRET}"}}'.encode()}},
        {"details": {"at": f"https://x/?token={SECRET}"}},
        {"details": {"form": [("password", SECRET)]}},
        {"details": {"set": {f"password={SECRET}"}}},
        {"details": {f"Bearer {JWT}": 1}},
        {"details": {"error": ValueError(f"login failed: password={SECRET}")}},
        {"error": f"wrong password: {SECRET}"},
        {"error": JWT},
        {"resource_path": f"reset?token={SECRET}"},
        {"resource_path": f"reset/{JWT}"},
        {"resource_type": JWT},
        {"representation": f'{{"password": "{SECRET}"}}'},
    ],
    ids=ascii,
)
@pytest.mark.parametrize("door", ["record", "ingest"])
def test_no_door_lets_a_secret_in(
    host: Flask, audit: AuditLog, door: str, given: dict[str, Any]
) -> None:
    if door == "record":
        audit.record("a", **given)
    else:
        ingest(host, Draft(**{"type": "a", **clean(given)}))
    body = records(host)[0].body
    assert MASK in body
    assert SECRET not in body
    assert JWT not in body


@pytest.mark.parametrize("name", ["username", "user_id", "client_id", "session_id"])
def test_an_actors_names_are_masked_by_shape(host: Flask, audit: AuditLog, name: str) -> None:
    with audit.actor(**{name: JWT}):
        audit.record("a")
    assert getattr(last(host).auth_details, name) == MASK


@pytest.mark.parametrize("address", ["", "unix:", "10.0.0.1:80", JWT, f"fe80::1%{JWT}"])
def test_what_is_no_address_is_left_out(host: Flask, audit: AuditLog, address: str) -> None:
    with audit.actor(username="bob", ip_address=address):
        audit.record("a")
    who = last(host).auth_details
    assert who == Actor(realm_id="default", username="bob")


def test_an_organization_that_is_a_secret_is_refused(host: Flask, audit: AuditLog) -> None:
    with audit.actor(username="bob", organization_id=JWT), pytest.raises(InvalidEvent) as error:
        audit.record("a")
    assert JWT not in str(error.value)


def test_a_type_that_a_hook_makes_a_secret_is_not_taken(host: Flask, audit: AuditLog) -> None:
    audit.before_record(garbled(type=JWT))
    audit.record("a")
    assert types(host) == ["a"]


def test_the_hosts_own_names_are_masked_and_kept(make_app: MakeApp) -> None:
    app = make_app(AUDITLOG_REDACT={"names": ["iban"], "keep": ["pin"]})
    with app.app_context():
        AuditLog().record("a", details={"customerIban": "DE1", "pin": "1234", "password": "x"})
    assert last(app).details == {"customerIban": MASK, "pin": "1234", "password": MASK}


# before_record


def test_a_hook_may_enrich(host: Flask, audit: AuditLog) -> None:
    @audit.before_record
    def enrich(event: Event) -> Event:
        details = {**(event.details or {}), "version": 7}
        return msgspec.structs.replace(event, details=details, organization_id=42)

    audit.record("a", details={"b": 1})
    assert last(host).details == {"b": 1, "version": 7}
    assert last(host).organization_id == "42"


@pytest.mark.parametrize("door", ["record", "ingest"])
def test_a_hook_may_change_the_details_in_place(host: Flask, audit: AuditLog, door: str) -> None:
    @audit.before_record
    def enrich(event: Event) -> None:
        assert event.details is not None
        event.details.update(body=f"password={SECRET}".encode(), when=datetime.date(2026, 1, 2))

    if door == "record":
        audit.record("a", details={"b": 1})
    else:
        ingest(host, Draft(type="a", details={"b": 1}))
    assert last(host).details == {"b": 1, "body": f"password={MASK}", "when": "2026-01-02"}


def test_a_hook_may_veto_and_it_is_counted(host: Flask, audit: AuditLog) -> None:
    @audit.before_record
    def refuse(event: Event) -> None:
        if event.type == "noise":
            raise Veto

    assert audit.record("noise").state == "vetoed"
    assert audit.record("noise").uid is None
    assert ingest(host, Draft(type="a"), Draft(type="noise"))[1] is None
    assert types(host) == ["a"]
    assert counted(host, "vetoed") == 3


def test_a_batch_that_is_vetoed_whole_stores_nothing(host: Flask, audit: AuditLog) -> None:
    @audit.before_record
    def refuse(event: Event) -> None:
        raise Veto

    assert ingest(host, Draft(type="a"), Draft(type="b")) == [None, None]
    assert records(host) == []


def garbled(**values: Any) -> Callable[[Event], Any]:
    return lambda event: msgspec.structs.replace(event, **values)


def failing(event: Event) -> Any:
    raise RuntimeError("hook")


@pytest.mark.parametrize(
    "hook",
    [
        failing,
        lambda event: True,
        lambda event: {"type": "a"},
        garbled(type=""),
        garbled(type=None),
        garbled(details=[1]),
        garbled(time="now"),
        garbled(resource_path="x" * 5000),
        garbled(auth_details={"username": "x"}),
        garbled(operation_type="NO"),
    ],
)
def test_an_event_is_not_lost_for_a_broken_hook(
    host: Flask, audit: AuditLog, hook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    audit.before_record(hook)
    audit.record("a", details={"b": 1})
    assert (last(host).type, last(host).details) == ("a", {"b": 1})
    assert counted(host, "before_record_failed") == 1
    assert "before_record failed" in caplog.text


def test_a_hook_cannot_bring_a_secret_back(host: Flask, audit: AuditLog) -> None:
    audit.before_record(garbled(details={"password": SECRET}, error=f"password={SECRET}"))
    audit.record("a", details={"password": "x"})
    assert SECRET not in records(host)[0].body
    assert last(host).details == {"password": MASK}


def test_a_hook_cannot_say_what_only_the_server_says(host: Flask, audit: AuditLog) -> None:
    audit.before_record(
        garbled(uid="x", realm_id="nowhere", source="capture", token_id=None, request_id="theirs")
    )
    (uid,) = ingest(host, Draft(type="a"))
    event = last(host)
    assert (event.uid, event.realm_id) == (uid, "default")
    assert (event.source, event.token_id, event.request_id) == ("api", "t", None)


def test_a_hook_may_leave_out_where_from(host: Flask, audit: AuditLog) -> None:
    audit.before_record(garbled(user_agent=None, auth_details=None))
    with host.test_request_context(headers={"User-Agent": "Firefox"}):
        audit.record("a")
    assert (last(host).user_agent, last(host).auth_details) == (None, None)


# Batches


def test_a_batch_keeps_its_order(host: Flask) -> None:
    uids = ingest(host, *(Draft(type=f"t{n}") for n in range(50)))
    assert [event.uid for event in events(host)] == uids
    assert types(host) == [f"t{n}" for n in range(50)]


class Large(dict[str, Any]):
    """Details that can be watched."""


def test_of_a_batch_no_event_is_kept_whole(host: Flask) -> None:
    given: list[weakref.ref[Large]] = []

    def details() -> Large:
        made = Large(large="x")
        given.append(weakref.ref(made))
        return made

    def asked() -> Iterator[Draft]:
        for _ in range(5):
            # Only the one before may still be in somebody's hands.
            assert [it() for it in given[:-1]] == [None] * len(given[:-1])
            yield Draft(type="a", details=details(), representation="{}")

    host.extensions["auditlog"].recorder.ingest(asked(), API)
    kept = [(event.details, event.representation) for event in events(host)]
    assert kept == [({"large": "x"}, "{}")] * 5


def test_what_an_event_is_filed_under_is_all_that_its_row_needs_of_it() -> None:
    names = {f.name for f in msgspec.structs.fields(Actor)} - {"ip_address"}
    who = Actor(**{name: f"my {name}" for name in names}, ip_address="10.0.0.1")
    texts = {
        f.name: f"the {f.name}"
        for f in msgspec.structs.fields(Event)
        if f.name not in {"uid", "time", "source", "type_version", "auth_details", "details"}
    }
    event = Event(
        uid=new_uid(),
        time=1,
        source="api",
        type_version=1,
        auth_details=who,
        details={"a": 1},
        **texts,
    )
    entry = salted(filed(finished(event)))
    assert (entry.event.details, entry.event.representation) == (None, None)
    assert None not in row_of(entry)
    # But for the salt, and the digest that is made with it.
    assert row_of(entry)[:-2] == row_of(encode(event))[:-2]
    assert msgspec.json.decode(entry.body, type=Event) == event


def test_an_empty_batch_is_nothing(host: Flask) -> None:
    assert ingest(host) == []


def test_a_batch_is_all_or_none_and_names_each_fault(host: Flask) -> None:
    drafts = [Draft(type="a"), Draft(type=""), Draft(type="b"), Draft(type="c", time=-1)]
    with pytest.raises(InvalidEvent) as error:
        ingest(host, *drafts)
    assert [(fault.index, fault.field) for fault in error.value.faults] == [
        (1, "type"),
        (3, "time"),
    ]
    assert records(host) == []


@pytest.mark.parametrize(
    ("drafts", "kind"),
    [
        ([Draft(type="access.LOGIN"), Draft(type="admin.X")], ReservedType),
        ([Draft(type="access.LOGIN"), Draft(type="")], InvalidEvent),
        ([Draft(type="a", organization_id="other")], ScopeError),
        ([Draft(type="a", organization_id="other"), Draft(type="")], InvalidEvent),
        ([Draft(type="a", details={"x": "y" * 70_000})], TooLarge),
    ],
)
def test_a_batch_has_the_error_its_faults_agree_on(
    host: Flask, drafts: list[Draft], kind: type[Exception]
) -> None:
    with pytest.raises(kind) as error:
        ingest(host, *drafts)
    assert type(error.value) is kind
    assert records(host) == []


def test_a_batch_does_not_hold_one_event_twice(host: Flask) -> None:
    trusted = Context(realm="default", source="api", trusted=True)
    uid = "01890a5d-ac96-774b-bcce-b302099a8057"
    drafts = [Draft(type=type_, uid=uid, time=0) for type_ in "ab"]
    with pytest.raises(InvalidEvent) as error:
        ingest(host, *drafts, context=trusted)
    assert [(fault.index, fault.field) for fault in error.value.faults] == [(1, "uid")]


@pytest.mark.parametrize("door", ["record", "ingest"])
def test_a_realm_that_nobody_registered_holds_nothing(host: Flask, door: str) -> None:
    nowhere = Context(realm="nowhere", source="api")
    recorder: Recorder = host.extensions["auditlog"].recorder
    given: Any = Draft(type="a") if door == "record" else [Draft(type="a")]
    with pytest.raises(NotFound, match="realm add"):
        getattr(recorder, door)(given, nowhere)


def test_a_known_uid_is_the_same_event(host: Flask, audit: AuditLog) -> None:
    uid = "01890a5d-ac96-774b-bcce-b302099a8057"
    for _ in range(2):
        assert audit.record("a", uid=uid, time=1_600_000_000_000).uid == uid
    assert len(records(host)) == 1


def test_only_what_is_new_is_announced_and_counted(host: Flask, audit: AuditLog) -> None:
    heard: list[str] = []

    def hear(app: Flask, record: Record) -> None:
        heard.append(record.event.type)

    uid = "01890a5d-ac96-774b-bcce-b302099a8057"
    trusted = Context(realm="default", source="api", trusted=True)
    known = Draft(type="known", uid=uid, time=1_600_000_000_000)
    with event_recorded.connected_to(hear, host):
        ingest(host, known, context=trusted)
        ingest(host, known, Draft(type="new"), context=trusted)
    assert heard == ["known", "new"]
    assert counted(host, "recorded") == 2


def test_a_child_process_does_not_wait_for_a_thread_of_its_parent(host: Flask) -> None:
    recorder: Recorder = host.extensions["auditlog"].recorder
    with recorder._mutex:  # noqa: SLF001 (another thread's, at the fork)
        recorder.after_fork()
        recorder.count("recorded")
    assert counted(host, "recorded") == 1


# Switched off


def test_what_is_switched_off_records_nothing_through_any_door(make_app: MakeApp) -> None:
    app = make_app(AUDITLOG_ENABLED=False)
    with app.app_context():
        assert AuditLog().record("a").state == "disabled"
        with pytest.raises(StoreUnavailable, match="AUDITLOG_ENABLED"):
            ingest(app, Draft(type="a"))
    app.test_client().post("/nowhere")
    assert records(app) == []


def test_what_happened_is_counted(host: Flask, audit: AuditLog) -> None:
    audit.record("a")
    ingest(host, Draft(type="a"), Draft(type="b"))
    assert counted(host, "recorded") == 3
