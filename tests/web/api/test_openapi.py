"""The description of the API is valid, complete, and true of what the API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog import AuditLog
from flask_auditlog.errors import AuditLogError
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.web.problems import status_of
from tests.web.api.conftest import Log
from tests.web.api.described import described
from tests.web.api.described import Node
from tests.web.api.described import operations
from tests.web.api.described import params_of
from tests.web.api.described import references
from tests.web.api.planted import plant

UID = "01890000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def served() -> Log:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test")
    return Log(app, AuditLog(app))


@pytest.fixture(scope="module")
def document(served: Log) -> Node:
    return described(served.app)


@pytest.fixture(scope="module")
def known(served: Log) -> dict[str, str]:
    """What can stand in a path, of things that are there."""
    return plant(served, served.token(*PERMISSIONS))


def bearer(log: Log, *permissions: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {log.token(*permissions)}"}


def test_it_is_valid_openapi(document: Node) -> None:
    definitions = pytest.importorskip("schemathesis.specs.openapi.definitions")
    assert document["openapi"].startswith("3.1.")
    assert list(definitions.OPENAPI_31_VALIDATOR.iter_errors(document)) == []


def test_what_it_refers_to_is_there(document: Node) -> None:
    found = set(references(document))
    assert found
    for each in found:
        _, _, kind, name = each.split("/")
        assert name in document["components"][kind]


def test_every_address_of_the_api_is_in_it(served: Log, document: Node) -> None:
    rules = [
        rule
        for rule in served.app.url_map.iter_rules()
        if rule.endpoint.startswith("auditlog_api.") and "refuse_" not in rule.endpoint
    ]
    there = {
        (rule.rule.removeprefix("/audit").replace("<", "{").replace(">", "}"), method.lower())
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "auditlog_api.nothing"
    }
    told = {(path, method) for path, method, _ in operations(document)}
    assert told == there | {("/healthz", "get"), ("/metrics", "get")}


def test_each_has_a_name_and_a_sentence_of_its_own(document: Node) -> None:
    found = [operation for _, _, operation in operations(document)]
    assert len({each["operationId"] for each in found}) == len(found)
    assert all(each["summary"].endswith((".", ".)")) for each in found)


def sent(client: FlaskClient, case: tuple[str, str], **more: Any) -> TestResponse:
    path, method = case
    return client.open(f"/audit{path}", method=method.upper(), buffered=True, **more)


def each_path(document: Node, known: dict[str, str]) -> Iterator[tuple[tuple[str, str], Node]]:
    for path, method, operation in operations(document):
        # What would take away what the others are asked of is left for the fuzzer.
        if method != "delete":
            yield (path.format(**known), method), operation


def test_the_permission_it_names_is_needed_and_suffices(
    served: Log, document: Node, known: dict[str, str]
) -> None:
    client = served.app.test_client()
    headers = {name: bearer(served, name) for name in PERMISSIONS}
    for case, operation in each_path(document, known):
        if not operation["security"]:
            assert sent(client, case).status_code == 200, case
            continue
        (needed,) = operation["security"][0]["token"]
        assert sent(client, case).status_code == 401, case
        for name in PERMISSIONS:
            status = sent(client, case, headers=headers[name]).status_code
            assert (status == 403) is (name != needed), (case, name)


def test_its_examples_are_accepted(served: Log, document: Node, known: dict[str, str]) -> None:
    client, headers = served.app.test_client(), bearer(served, *PERMISSIONS)
    tried = 0
    for case, operation in each_path(document, known):
        content = operation.get("requestBody", {}).get("content", {})
        for example in content.get("application/json", {}).get("examples", {}).values():
            answer = sent(client, case, headers=headers, json=example["value"])
            assert str(answer.status_code) in operation["responses"], case
            assert answer.status_code < 300, (case, answer.text)
            tried += 1
    assert tried >= 8


def test_the_example_of_each_parameter_is_accepted(
    served: Log, document: Node, known: dict[str, str]
) -> None:
    client, headers = served.app.test_client(), bearer(served, *PERMISSIONS)
    path = "/realms/default/events", "get"
    for param in params_of(document, document["paths"]["/realms/{realm}/events"]["get"]):
        if "example" in param:
            value = json.dumps(param["example"]).strip('"')
            answer = sent(client, path, headers=headers, query_string={param["name"]: value})
            assert answer.status_code == 200, answer.text
    wrong = sent(client, path, headers=headers, query_string={"zone": "Nowhere/At_all"})
    assert wrong.status_code == 400


def test_a_status_it_tells_of_is_one_that_an_error_has(document: Node) -> None:
    possible = {status_of(kind()) for kind in AuditLogError.__subclasses__()} | {413, 409, 503}
    for path, _, operation in operations(document):
        refused = {int(status) for status in operation["responses"] if int(status) >= 400}
        assert refused <= possible, path
        assert 429 in refused or path == "/healthz"


def test_it_says_where_the_app_is(app: Flask) -> None:
    app.config.update(AUDITLOG_API_PREFIX="/auth", AUDITLOG_RATE_LIMIT_STATUS=403)
    AuditLog(app)
    answer = app.test_client().get(
        "/auth/openapi.json", environ_overrides={"SCRIPT_NAME": "/below"}
    )
    document = answer.get_json()
    assert document["servers"] == [{"url": "/below/auth"}]
    for path in ("/healthz", "/metrics"):
        assert document["paths"][path]["servers"] == [{"url": "/below/audit"}]
    assert "429" not in json.dumps(document["paths"])
    headers = document["paths"]["/realms/{realm}/events"]["post"]["responses"]["403"]["headers"]
    assert "Retry-After" in headers


def test_it_holds_nothing_of_the_app(app: Flask) -> None:
    app.config.update(SECRET_KEY="s3cr3t", AUDITLOG_REALMS=["hidden-realm"])
    AuditLog(app)
    text = app.test_client().get("/audit/openapi.json").text
    assert "s3cr3t" not in text
    assert "hidden-realm" not in text
