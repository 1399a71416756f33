"""Hostile input: each meets one exact status and a sentence, and nothing is stored. Never 500."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import CHUNKED
from tests.web.api.conftest import EVENTS
from tests.web.api.conftest import Log

ONE = b'{"type":"a"}'
JSON = "application/json"
NDJSON = "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"
UID = "01890000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Sent:
    """One hostile request, and what must be said to it."""

    status: int
    says: str
    body: bytes | None = None
    content_type: str | None = JSON
    query: str = ""
    path: str = ""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False


def post(status: int, says: str, body: bytes, content_type: str | None = JSON, **more: Any) -> Sent:
    return Sent(status, says, body, content_type, **more)


def get(status: int, says: str, query: str, path: str = "", **more: Any) -> Sent:
    return Sent(status, says, None, None, query, path, "GET", **more)


def details(value: bytes) -> bytes:
    return b'{"type":"a","details":{"x":%b}}' % value


BODIES = [
    post(400, "empty", b""),
    post(400, "empty", b" \n\t "),
    post(400, "empty", b"[]"),
    post(400, "empty", b"\n\n", NDJSON),
    post(400, "empty", b"", None),
    post(400, "not JSON", b"{"),
    post(400, "not JSON", b'{"type":"a"'),
    post(400, "not JSON", b"{'type':'a'}"),
    post(400, "not JSON", ONE + b"garbage"),
    post(400, "not JSON", ONE + ONE),
    post(400, "not JSON", b"[%b,]" % ONE),
    post(400, "not JSON", b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>"),
    post(400, "not JSON", b"type=a", JSON),
    post(400, "not JSON", ONE + b"\nnope\n", NDJSON),
    post(400, "not JSON", b'\x00\x01\x02{"type":"a"}'),
    post(400, "must be a JSON object", b"null"),
    post(400, "must be a JSON object", b'"a"'),
    post(400, "must be a JSON object", b"[null]"),
    post(400, "must be a JSON object", b"[[%b]]" % ONE),
    post(400, "must be a JSON object", b"[%b]\n" % ONE, NDJSON),
    post(400, "`type` is missing", b"{}"),
    post(400, "`type` must be text", b'{"type":7}'),
    post(400, "`type` must not be null", b'{"type":null}'),
    post(400, "type is", b'{"type":""}'),
    post(400, "type is", b'{"type":" a"}'),
    post(400, "type is", b'{"type":"a\\u001b[31m"}'),
    post(400, "type is", b'{"type":"a\\r\\nb"}'),
    post(400, "longer than", b'{"type":"%b"}' % (b"a" * 1000)),
    post(400, "longer than", b'{"type":"a","resourcePath":"%b"}' % (b"/x" * 5000)),
    post(400, "longer than", b'{"type":"a","error":"%b"}' % (b"e" * 5000)),
    post(400, "`time` must be", b'{"type":"a","time":"2023-07-10"}'),
    post(400, "`time` must be", b'{"type":"a","time":true}'),
    post(400, "time is", b'{"type":"a","time":-1}'),
    post(400, "time is", b'{"type":"a","time":99999999999999}'),
    post(400, "beyond 64 bits", b'{"type":"a","time":99999999999999999999}'),
    post(400, "must be CREATE", b'{"type":"a","operationType":"DROP TABLE"}'),
    post(400, "`details` must be", b'{"type":"a","details":[]}'),
    post(400, "`authDetails` must be", b'{"type":"a","authDetails":[]}'),
    post(400, "is not a field", b'{"type":"a","position":1}'),
    post(400, "is not a field", b'{"type":"a","source":"system"}'),
    post(400, "is not a field", b'{"type":"a","__proto__":{"x":1}}'),
    post(400, "stands twice", b'{"type":"a","type":"access.LOGIN"}'),
    post(400, "stands twice", details(b'1,"x":2')),
    post(400, "stands twice", b"%b\n%b" % (ONE, details(b'1,"x" :"\\u003a"')), NDJSON),
    post(400, "levels deep", details(b"[" * 40 + b"]" * 40)),
    post(400, "levels deep", details(b"[" * 30_000 + b"]" * 30_000)),
    post(400, "levels deep", b"[" * 500_000),
    post(400, "levels deep", details(b'{"x":' * 40 + b"1" + b"}" * 40)),
    post(400, "NaN", details(b"NaN")),
    post(400, "NaN", b"[%b]" % details(b"-Infinity")),
    post(400, "too large", details(b"1e400")),
    post(400, "beyond 64 bits", details(b"9" * 500)),
    post(400, "beyond 64 bits", details(b"9" * 50_000)),
    post(400, "surrogate", details(b'"\\ud800"')),
    post(400, "surrogate", b"[%b]" % details(b'{"\\udfff":1}')),
    post(400, "NUL", details(b'"a\\u0000b"')),
    post(400, "NUL", b'{"type":"a","resourcePath":"x\\u0000"}'),
    post(400, "UTF-8", b'{"type":"\xff\xfe"}'),
    post(400, "UTF-8", b'{"type":"\xc0\xaf"}'),
    post(400, "UTF-8", '{"type":"a"}'.encode("utf-16")),
    post(400, "UTF-8", '{"type":"a"}'.encode("utf-32")),
    post(400, "byte order mark", b"\xef\xbb\xbf" + ONE),
    post(409, "reserved", b'{"type":"access.LOGIN"}'),
    post(409, "reserved", b'{"type":"ADMIN.USER-CREATE"}'),
    post(409, "reserved", b'[%b,{"type":"system.MAINTENANCE"}]' % ONE),
    post(403, "organization", b'{"type":"a","organizationId":"somebody-else"}'),
    post(413, "larger than 65,536 bytes", details(b'"%b"' % (b"x" * 65_536))),
    post(413, "larger than 65,536 bytes", b"%b\n%b" % (ONE, b"x" * 70_000), NDJSON),
    post(413, "more than 10,000 events", b"[" + (ONE + b",") * 10_000 + ONE + b"]"),
    post(413, "more than 10,000 events", (ONE + b"\n") * 10_001, NDJSON),
    post(413, "more than 10,000 events", b"[" + b"1," * 5_000_000 + b"1]"),
    post(413, "more than 10,000 events", b"\n" * 10_000_000 + ONE, NDJSON),
    post(413, "larger than 33,554,432 bytes", b"x" * 100_000_000),
    post(413, "larger than 33,554,432 bytes", b"x" * 40_000_000, chunked=True),
    post(400, "not JSON", ONE + b" x", chunked=True),
    post(
        415,
        "Content-Encoding",
        gzip.compress(b"\0" * 10_000_000, mtime=0),
        headers={"Content-Encoding": "gzip"},
    ),
    post(415, "Content-Encoding", ONE, headers={"Content-Encoding": "br, gzip"}),
    post(415, "UTF-8", ONE, "application/json; charset=utf-16"),
    post(415, "UTF-8", ONE, "application/json; charset=nonsense"),
    post(415, "application/json", ONE, "text/plain"),
    post(415, "application/json", ONE, "application/xml"),
    post(415, "application/json", ONE, "multipart/form-data; boundary=x"),
    post(415, "application/json", ONE, "nonsense"),
    post(415, "application/json", b"type=a&time=1", FORM),
    post(400, "Idempotency-Key", ONE, headers={"Idempotency-Key": ""}),
    post(400, "Idempotency-Key", ONE, headers={"Idempotency-Key": "k" * 256}),
    post(400, "Idempotency-Key", ONE, headers={"Idempotency-Key": "a b"}),
    post(400, "Idempotency-Key", ONE, headers={"Idempotency-Key": "caf\xe9"}),
]

PARAMETERS = [
    get(400, "Did you mean `type`?", "typ=a"),
    get(400, "Did you mean `actor`?", "Actor=a"),
    get(400, "Did you mean `resource_type`?", "resourceType=a"),
    get(400, "not a filter", "details=a"),
    get(400, "NUL", "%00=1"),
    get(400, "not a filter", "%27%20OR%201%3D1--=1"),
    get(400, "Unknown field `acter` at 1: did you mean `actor`", "q=acter:hunter2"),
    get(400, "opened at 1 is not closed", "q=(type:a"),
    get(400, "longer than 2,000 characters", f"q={'a' * 2001}"),
    get(400, "at most 100 terms", f"q={'a+' * 101}"),
    get(400, "at most 20 deep", f"q={'(' * 900}"),
    get(400, "no event holds", "q=a%00"),
    get(400, "`q` is empty", "q="),
    get(400, "name of a time zone", "zone=../../etc/passwd"),
    get(400, "given twice", "type=a&type=b"),
    get(400, "given twice", "limit=1&limit=1"),
    get(400, "empty", "type="),
    get(400, "empty", "type=a&actor="),
    get(400, "longer than", "actor=" + "a" * 1001),
    get(400, "at most 256", "text=" + "a" * 257),
    get(400, "at most 8 stars", "type=" + "*a" * 9),
    get(400, "at most 8 stars", "resource=" + "*" * 9),
    get(400, "NUL", "actor=a%00b"),
    get(400, "not UTF-8", "type=%ff"),
    get(400, "not UTF-8", "%c0%af=1"),
    get(400, "true or false", "error=yes"),
    get(400, "true or false", "error=True"),
    get(400, "true or false", "reads=1"),
    get(400, "CREATE, UPDATE, DELETE", "operation=create"),
    get(400, "capture, api, import, system", "source=API"),
    get(400, "IP address", "ip=10.0.0.0/33"),
    get(400, "IP address", "ip=10.0.0.256"),
    get(400, "IP address", "ip=::1/129"),
    get(400, "IP address", "ip=' OR '1'='1"),
    get(400, "must be a time", "after=someday"),
    get(400, "must have a minus", "after=7d"),
    get(400, "a day that does not exist", "after=2023-02-30"),
    get(400, "must be earlier", "after=2023-02-02&before=2023-02-01"),
    get(400, "must be a time", "before=1e400"),
    get(400, "must be a time", "before=" + "9" * 40),
    get(400, "must be a time", "before=NaN"),
    get(400, "from 1 to 1000", "limit=0"),
    get(400, "from 1 to 1000", "limit=-1"),
    get(400, "from 1 to 1000", "limit=1001"),
    get(400, "from 1 to 1000", "limit=1e2"),
    get(400, "from 1 to 1000", "limit=" + "9" * 500),
    get(400, "from 1 to 1000", "limit=%D9%A1"),
    get(400, "cursor", "cursor=nonsense"),
    get(400, "cursor", "cursor=AAAA"),
    get(400, "cursor", "cursor=" + "A" * 48),
    get(400, "cursor", "cursor=%E2%82%AC"),
    get(400, "empty", "cursor="),
    get(400, "path of details", "details.=a"),
    get(400, "path of details", "details.a..b=a"),
    get(400, "path of details", "details.a%22%20OR%201=1"),
    get(400, "path of details", "details.a%0Ab=1"),
    get(400, "longer than", "details." + "a" * 2000 + "=1"),
    get(400, "At most 10", "&".join(f"details.a{n}=1" for n in range(11))),
    get(400, "not a filter", "limit=1", "/count"),
    get(400, "`format` must be", "", "/export"),
    get(400, "`format` must be", "format=../../etc/passwd", "/export"),
    get(400, "not a filter", "format=csv&cursor=x", "/export"),
    get(400, "names one that there is not", "format=csv&columns=type,body", "/export"),
    get(400, "Did you mean `type`?", "format=csv&columns=typ", "/export"),
    get(400, "names one that there is not", "format=csv&columns=%3D1", "/export"),
    get(400, "names one that there is not", "format=csv&columns=type,", "/export"),
    get(400, "twice", "format=csv&columns=type,type", "/export"),
    get(400, "empty", "format=csv&columns=", "/export"),
    get(400, "exact copy", "format=ndjson&columns=type", "/export"),
    get(400, "exact copy", "format=json&columns=type", "/export"),
    get(404, "no such export", "", f"/export/{UID}"),
    get(404, "no such export", "", "/export/%00"),
    get(400, "path of details", "format=csv&details..=x", "/export"),
    get(400, "not a filter", "fields=type", f"/{UID}"),
    get(404, "no event", "", f"/{UID}"),
    get(404, "no event", "", "/nope"),
    get(404, "no event", "", "/%00"),
    get(404, "no event", "", "/..%2e"),
    get(404, "no event", "", "/%27%3B%20DROP%20TABLE%20record"),
    get(404, "nothing at this address", "", f"/{UID}/more"),
    get(404, "nothing at this address", "", "/"),
]

WRONG_TOKENS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer nope",
    "Bearer al_" + "x" * 43,
    "Bearer " + "x" * 100_000,
    "Bearer a b",
    "Bearer \x00",
    "Bearer caf\xe9",
    "Bearer ' OR '1'='1",
    "Basic cm9ib3Q6cm9ib3Q=",
    "Token {secret}",
    "{secret}",
    "Bearer {secret}, Bearer {secret}",
]
HEADERS = [
    Sent(401, "valid token", ONE, headers={"Authorization": value}) for value in WRONG_TOKENS
]

METHODS = [
    Sent(405, "not allowed", None, None, path=path, method=method)
    for path, methods in {
        "": ("PUT", "PATCH", "DELETE", "TRACE"),
        "/count": ("POST", "DELETE"),
        "/export": ("POST", "PUT"),
        f"/{UID}": ("POST", "PUT", "PATCH", "DELETE"),
    }.items()
    for method in methods
]


@pytest.fixture(scope="module")
def empty() -> Log:
    """One log for the whole table: it must stay empty."""
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test")
    return Log(app, AuditLog(app))


@pytest.fixture(scope="module")
def secret(empty: Log) -> str:
    return empty.token(PUBLISH_EVENTS, VIEW_EVENTS)


def name_of(sent: Sent) -> str:
    told = sent.query or sent.path or (sent.body or b"")[:40]
    return f"{sent.method} {told!r:.60} {sent.content_type or ''} {sent.headers!r:.40}"


@pytest.mark.parametrize("sent", [*BODIES, *PARAMETERS, *HEADERS, *METHODS], ids=name_of)
def test_hostile_input_meets_a_clear_refusal(sent: Sent, empty: Log, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}", **sent.headers}
    answer = empty.app.test_client().open(
        f"{EVENTS}{sent.path}",
        method=sent.method,
        query_string=sent.query,
        content_type=sent.content_type,
        headers={name: value.format(secret=secret) for name, value in headers.items()},
        data=sent.body,
        environ_overrides=CHUNKED if sent.chunked else None,
    )
    said = json.loads(answer.data)
    assert (answer.status_code, sent.says in said["error_description"]) == (sent.status, True), said
    assert said["error_description"].isprintable()
    assert answer.mimetype == JSON
    assert secret not in answer.text
    # That a known caller asked for what is not theirs, is on record; what they sent is not.
    stored = [body for body in empty.bodies(reads=True) if body["error"] != "http_404"]
    assert stored == []


def test_the_table_is_long_enough() -> None:
    assert len([*BODIES, *PARAMETERS, *HEADERS, *METHODS]) >= 60


# What looks like an attack is text like any other, and finds only itself.
INERT = [
    "%",
    "_",
    "' OR 1=1 --",
    "*",
    "a%",
    '"',
    "\\",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", INERT)
def test_text_that_looks_like_an_attack_is_stored_and_found_as_it_is(api: Api, text: str) -> None:
    api.post([{"type": "a", "details": {"x": text}}, {"type": "a", "details": {"x": "other"}}])
    for name in ("details.x", "text"):
        events = api.get(**{name: text}).get_json()["events"]
        assert [event["details"]["x"] for event in events] == [text]


@pytest.mark.parametrize("text", INERT)
def test_a_pattern_is_text_but_for_its_stars(api: Api, text: str) -> None:
    api.post([{"type": f"a.{text}.z"}, {"type": "a.other.z"}])
    stars = text.replace("*", "other")
    found = {event["type"] for event in api.get(type=f"a.{stars}*").get_json()["events"]}
    assert found == ({"a.other.z"} if "*" in text else {f"a.{text}.z"})
