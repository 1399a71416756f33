"""What is decorated is recorded: views and functions, what they did and what they raised."""

from __future__ import annotations

import asyncio
import functools
import logging
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import abort
from flask import Flask
from flask import redirect
from flask.views import MethodView

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from tests.apps import counted
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import with_logins


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    return make_app(audit)


Act = Callable[..., Any]
ORDERS = ["route above", "route below", "async"]


def add(host: Flask, audit: AuditLog, order: str, view: Callable[..., Any], **more: Any) -> None:
    """Decorate *view* and register it, in either order."""
    act = audit.action("INVOICE", resource_path="invoices/{number}", **more)
    route = host.route("/invoices/<int:number>/approve", methods=["GET", "POST"])
    if order == "async":
        view = in_a_loop(view)
    if order == "route below":
        act(route(view))
    else:
        route(act(view))


def in_a_loop(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    async def run(**arguments: Any) -> Any:
        await asyncio.sleep(0)
        return view(**arguments)

    return run


@pytest.mark.parametrize("order", ORDERS)
def test_a_view_is_one_event_that_says_what_was_done(
    host: Flask, audit: AuditLog, order: str
) -> None:
    def approve(number: int) -> str:
        return "approved"

    add(host, audit, order, approve)
    assert host.test_client().post("/invoices/7/approve").text == "approved"
    (event,) = events(host)
    assert (event.type, event.error) == ("admin.INVOICE-ACTION", None)
    assert (event.resource_type, event.resource_path) == ("INVOICE", "invoices/7")
    details = event.details or {}
    assert (details["action"], details["method"], details["status"]) == ("approve", "POST", 200)
    assert details["arguments"] == {"number": 7}


class Locked(Exception):
    pass


def fails(how: str) -> Any:
    if how == "answers":
        return "no", 409
    if how == "aborts":
        abort(404)
    raise Locked("hunter2")


FAILURES = [("answers", "http_409"), ("aborts", "http_404"), ("raises", "Locked")]


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("how", "error"), FAILURES)
def test_what_failed_has_an_error(
    make_app: MakeApp, audit: AuditLog, how: str, error: str, order: str, handled: bool
) -> None:
    host = make_app(audit, PROPAGATE_EXCEPTIONS=False)
    if handled:
        host.register_error_handler(Locked, lambda error: ("locked", 409))
    add(host, audit, order, lambda number: fails(how))
    status = host.test_client().post("/invoices/7/approve").status_code
    (event,) = events(host)
    assert (event.type, event.error) == ("admin.INVOICE-ACTION", error)
    assert (event.details or {})["status"] == status
    assert "hunter2" not in str(event)


def test_an_error_that_goes_through_to_the_test_is_recorded(host: Flask, audit: AuditLog) -> None:
    add(host, audit, "route above", lambda number: fails("raises"))
    with pytest.raises(Locked):
        host.test_client().post("/invoices/7/approve")
    assert [event.error for event in events(host)] == ["Locked"]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("order", ORDERS)
def test_who_was_refused_it_did_not_do_it(
    host: Flask, audit: AuditLog, order: str, status: int
) -> None:
    add(host, audit, order, lambda number: abort(status))
    host.test_client().post("/invoices/7/approve")
    (event,) = events(host)
    assert (event.type, event.error) == ("access.PERMISSION_DENIED", f"http_{status}")
    assert (event.resource_type, event.resource_path) == ("INVOICE", "invoices/7")


def gate(answer: Callable[[], Any]) -> Callable[..., Any]:
    """A decorator of the host's that lets nobody in."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def refuse(*args: Any, **kwargs: Any) -> Any:
            return answer()

        return refuse

    return decorate


def test_who_never_came_to_the_view_did_not_do_it(host: Flask, audit: AuditLog) -> None:
    @host.post("/a/<int:id>")
    @gate(lambda: redirect("/login"))
    @audit.action("INVOICE", resource_path="invoices/{id}")
    def a(id: int) -> str:
        return "done"

    @host.post("/b/<int:id>")
    @gate(lambda: abort(403))
    @audit.action("INVOICE", resource_path="invoices/{id}")
    def b(id: int) -> str:
        return "done"

    host.test_client().post("/a/7")
    host.test_client().post("/b/7")
    assert types(host) == ["access.REQUEST", "access.PERMISSION_DENIED"]
    assert last(host).resource_path == "invoices/7"


@pytest.mark.parametrize("order", ["above", "below"])
def test_a_decorator_of_the_host_stays_before_the_view(
    host: Flask, audit: AuditLog, order: str
) -> None:
    def act(id: int) -> str:
        return "done"

    acting = audit.action("INVOICE", resource_path="invoices/{id}")
    shut = gate(lambda: ("shut", 403))
    if order == "above":
        shut(acting(host.post("/act/<int:id>")(shut(act))))
    else:
        acting(host.post("/act/<int:id>")(shut(act)))
    assert host.test_client().post("/act/7").text == "shut"
    assert host.test_client().post("/act/7").text == "shut"
    assert types(host) == ["access.PERMISSION_DENIED"] * 2


def test_a_decorator_that_has_our_marks_is_not_passed_by(host: Flask, audit: AuditLog) -> None:
    def act() -> str:
        return "done"

    audit.action("INVOICE")(act)
    host.post("/act")(gate(lambda: ("shut", 403))(act))
    assert host.test_client().post("/act").text == "shut"


def test_to_look_at_the_form_is_not_the_act(host: Flask, audit: AuditLog) -> None:
    add(host, audit, "route above", lambda number: "a form")
    host.test_client().get("/invoices/7/approve")
    assert types(host) == []


def test_a_view_that_only_reads_may_be_an_act(host: Flask, audit: AuditLog) -> None:
    host.get("/report")(audit.action("REPORT", keep=())(lambda: "numbers"))
    host.test_client().get("/report")
    assert types(host) == ["admin.REPORT-ACTION"]


def test_a_method_of_a_class_of_views_is_an_act(host: Flask, audit: AuditLog) -> None:
    class Things(MethodView):
        def get(self, id: int) -> str:
            return "thing"

        @audit.action("THING", "DELETE", resource_path="things/{id}")
        def delete(self, id: int) -> str:
            return "gone"

    host.add_url_rule("/things/<int:id>", view_func=Things.as_view("things"))
    host.test_client().get("/things/7")
    host.test_client().delete("/things/7")
    assert [(event.type, event.resource_path) for event in events(host)] == [
        ("admin.THING-DELETE", "things/7")
    ]


def test_beside_an_event_of_the_view_the_act_is_recorded_too(host: Flask, audit: AuditLog) -> None:
    add(host, audit, "route above", lambda number: audit.record("invoice.mailed").state)
    host.test_client().post("/invoices/7/approve")
    assert types(host) == ["invoice.mailed", "admin.INVOICE-ACTION"]


def test_a_function_that_a_view_calls_takes_the_place_of_the_request(
    host: Flask, audit: AuditLog
) -> None:
    @audit.action("INVOICE", "UPDATE", resource_path="invoices/{number}", keep=["amount"])
    def charge(number: int, amount: int = 0, *, card: str) -> str:
        return "charged"

    host.post("/pay")(lambda: charge(7, 12, card="4111 1111 1111 1111"))
    assert host.test_client().post("/pay").text == "charged"
    (event,) = events(host)
    assert (event.type, event.resource_path) == ("admin.INVOICE-UPDATE", "invoices/7")
    assert event.details == {"action": "charge", "arguments": {"amount": 12}}


def test_a_function_outside_of_a_request_is_recorded(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE", "DELETE", resource_path="invoices/{number}")
    def drop(number: int) -> None:
        if number == 0:
            raise Locked("hunter2")

    with host.app_context(), audit.actor(username="nightly"):
        drop(1)
        with pytest.raises(Locked):
            drop(0)
    assert [(e.resource_path, e.error) for e in events(host)] == [
        ("invoices/1", None),
        ("invoices/0", "Locked"),
    ]
    assert all(e.auth_details and e.auth_details.username == "nightly" for e in events(host))


def test_a_function_that_refuses_is_a_refusal(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE", resource_path="invoices/{number}")
    def approve(number: int) -> None:
        abort(403)

    @host.post("/approve")
    def view() -> str:
        approve(7)
        return "approved"

    host.test_client().post("/approve")
    assert [(event.type, event.resource_path) for event in events(host)] == [
        ("access.PERMISSION_DENIED", "invoices/7")
    ]


def test_an_async_function_is_recorded_when_it_is_done(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE", resource_path="invoices/{result.id}")
    async def make() -> dict[str, int]:
        await asyncio.sleep(0)
        assert types(host) == []
        return {"id": 7}

    with host.app_context():
        assert asyncio.run(make()) == {"id": 7}
    assert last(host).resource_path == "invoices/7"


def test_one_that_is_cancelled_is_recorded(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE")
    async def wait() -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        await asyncio.wait_for(wait(), 0.01)

    with host.app_context(), pytest.raises(TimeoutError):
        asyncio.run(run())
    assert last(host).error == "CancelledError"


def test_without_an_app_a_function_still_works(
    audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    assert audit.action("INVOICE")(lambda: "done")() == "done"
    assert "not recorded" in caplog.text
    with Flask("another").app_context():
        assert audit.action("INVOICE")(lambda: "done")() == "done"


def test_where_the_log_is_off_nothing_is_said(
    make_app: MakeApp, audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(audit, AUDITLOG_ENABLED=False)
    app.post("/act")(audit.action("INVOICE")(lambda: "done"))
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert app.test_client().post("/act").text == "done"
    assert caplog.records == []


class Thing:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    @property
    def broken(self) -> Any:
        raise RuntimeError("detached")


PATHS: list[tuple[str, Any, str]] = [
    ("things/{it}", 7, "things/7"),
    ("things/{it}", "a b", "things/a b"),
    ("things/{it}", "../users/1", "things/..%2Fusers%2F1"),
    ("things/{it}", "50%", "things/50%25"),
    ("things/{it}", uuid.UUID(int=7), f"things/{uuid.UUID(int=7)}"),
    ("things/{it}", "x" * 9000, "things/" + "x" * 500),
    ("things/{it}", "a\0b\ud800", "things/a\ufffdb\ufffd"),
    ("things/{it}", None, "things/{it}"),
    ("things/{it}", {"id": 7}, "things/{it}"),
    ("things/{it.id}", {"id": 7}, "things/7"),
    ("things/{it.id}", Thing(id=7), "things/7"),
    ("things/{it.of.id}", Thing(of=Thing(id=7)), "things/7"),
    ("things/{it.id}/of/{it.org}", Thing(id=7, org="acme"), "things/7/of/acme"),
    ("things/{it.nothing}", Thing(), "things/{it.nothing}"),
    ("things/{it.token}", Thing(token="Zp3kq9"), "things/[masked]"),
    ("things/{it.code}", Thing(code="Zp3kq9"), "things/[masked]"),
    ("things/{result.id}", 7, "things/{result.id}"),
]


@pytest.mark.parametrize(("path", "value", "expected"), PATHS, ids=range(len(PATHS)))
def test_a_placeholder_is_what_an_argument_says(
    host: Flask, audit: AuditLog, path: str, value: Any, expected: str
) -> None:
    act: Act = audit.action("THING", resource_path=path)(lambda it: None)
    with host.app_context():
        act(value)
    assert last(host).resource_path == expected


def test_what_a_function_deletes_can_still_be_named(host: Flask, audit: AuditLog) -> None:
    thing = Thing(id=7)
    act = audit.action("THING", "DELETE", resource_path="things/{it.id}")
    with host.app_context():
        act(lambda it: it.__dict__.clear())(thing)
    assert last(host).resource_path == "things/7"


def test_a_property_that_breaks_does_not_harm_the_act(host: Flask, audit: AuditLog) -> None:
    act: Act = audit.action("THING", resource_path="things/{it.broken}")(lambda it: "done")
    with host.app_context():
        assert act(Thing()) == "done"
    assert counted(host, "capture_failed") == 1
    assert last(host).resource_path == "things/{it.broken}"


def test_arguments_that_are_kept_are_masked(host: Flask, audit: AuditLog) -> None:
    @audit.action("USER", "UPDATE", keep=["password", "name"])
    def update(password: str, *, name: str, **more: Any) -> None: ...

    with host.app_context():
        update("hunter2", name="alice", other=1)
    assert (last(host).details or {})["arguments"] == {"password": "[masked]", "name": "alice"}


def test_a_call_that_does_not_fit_fails_as_without_us(host: Flask, audit: AuditLog) -> None:
    act: Act = audit.action("THING", resource_path="things/{it}")(lambda it: None)
    with host.app_context(), pytest.raises(TypeError, match="missing 1 required"):
        act()
    assert last(host).error == "TypeError"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"resource_path": "things/{ti}"}, "no argument ti"),
    ({"resource_path": "things/{ti.id}"}, "no argument ti"),
    ({"keep": ["ti"]}, "no argument ti"),
    ({"resource_path": "things/{}"}, "Name an argument"),
    ({"resource_path": "things/{it!r}"}, "Name an argument"),
    ({"resource_path": "things/{it:>5}"}, "Name an argument"),
    ({"resource_path": "things/{it[0]}"}, "Name an argument"),
    ({"resource_path": "things/{it"}, "no path with placeholders"),
    ({"operation": "APPROVE"}, "CREATE, UPDATE, DELETE, ACTION"),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=str)
def test_a_mistake_is_told_where_it_is_made(
    audit: AuditLog, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        audit.action("THING", **given)(lambda it: None)


def test_the_function_is_what_it_was(audit: AuditLog) -> None:
    @audit.action("THING")
    def act(it: int) -> int:
        """Do it."""
        return it

    assert (act.__name__, act.__doc__) == ("act", "Do it.")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_sensitive_read_is_recorded(host: Flask, audit: AuditLog, method: str) -> None:
    @host.route("/salaries/<int:id>", methods=["GET", "POST"])
    @audit.sensitive_read
    def salary(id: int) -> str:
        return "much"

    host.test_client().open("/salaries/7", method=method)
    (event,) = events(host)
    assert (event.type, (event.details or {})["sensitive"]) == ("access.REQUEST", True)


def test_what_is_exempt_is_not_recorded(host: Flask, audit: AuditLog) -> None:
    @audit.exempt("a probe")
    @host.post("/probe/<int:status>")
    def probe(status: int) -> tuple[str, int]:
        return "", status

    for status in (200, 403, 500):
        host.test_client().post(f"/probe/{status}")
    assert types(host) == []


def test_a_rule_at_the_view_wins_over_configuration(make_app: MakeApp, audit: AuditLog) -> None:
    rule = {"path": "/*", "record": False, "reason": "a test"}
    app = make_app(audit, AUDITLOG_CAPTURE={"rules": [rule]})
    app.get("/secret", endpoint="secret")(audit.sensitive_read(lambda: "x"))
    app.post("/other")(lambda: "x")
    app.test_client().get("/secret")
    app.test_client().post("/other")
    assert types(app) == ["access.REQUEST"]


def test_what_stands_at_the_view_holds_without_the_rules(
    make_app: MakeApp, audit: AuditLog
) -> None:
    app = make_app(audit, AUDITLOG_CAPTURE={"requests": False})
    app.post("/act")(audit.action("THING")(lambda: "x"))
    app.test_client().post("/act")
    assert types(app) == ["admin.THING-ACTION"]


def test_an_act_knows_who_did_it(host: Flask, audit: AuditLog) -> None:
    add(host, audit, "route above", lambda number: "done")
    client = with_logins(host).test_client()
    client.get("/login")
    client.post("/invoices/7/approve")
    who = last(host).auth_details
    assert who is not None
    assert who.user_id == "1"
