"""One table from errors to statuses, and nothing told that is not to be told."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.exceptions import RequestEntityTooLarge

from flask_auditlog import errors
from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import Fault
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import QueryError
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.web.problems import http_problem
from flask_auditlog.web.problems import problem
from flask_auditlog.web.problems import status_of

STATUSES = {
    "AuditLogError": 500,
    "ConfigError": 500,
    "NotInitialized": 500,
    "InvalidEvent": 400,
    "InvalidWebhook": 400,
    "ReservedType": 409,
    "TooLarge": 413,
    "UnsupportedMedia": 415,
    "QueryError": 400,
    "FormRefused": 400,
    "ScopeError": 403,
    "Unauthenticated": 401,
    "NotFound": 404,
    "Gone": 410,
    "Conflict": 409,
    "WebhookDisabled": 409,
    "WebhookPolled": 409,
    "Disabled": 503,
    "KeyReused": 422,
    "StoreError": 500,
    "StoreUnavailable": 503,
    "ProviderUnavailable": 503,
    "QueryTimeout": 503,
    "SchemaMissing": 503,
    "RateLimited": 429,
    "Busy": 429,
    "InvalidLink": 400,
}


def test_every_error_has_its_status() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AuditLogError)
    ]
    assert {kind.__name__: status_of(kind()) for kind in kinds} == STATUSES


def test_an_answer_says_what_where_and_which() -> None:
    error = InvalidEvent("Two are wrong.", faults=[Fault("type", "No.", 3), Fault(None, "Never.")])
    assert problem(error).get_json() == {
        "error": "invalid_event",
        "error_description": "Two are wrong.",
        "errors": [{"field": "type", "message": "No.", "index": 3}, {"message": "Never."}],
    }


def test_an_error_of_a_query_names_its_parameter() -> None:
    error = QueryError("Not so.", field="ip")
    assert problem(error).get_json()["errors"] == [{"field": "ip", "message": "Not so."}]


@pytest.mark.parametrize(
    "kind",
    [
        AuditLogError,
        errors.ConfigError,
        *(errors.StoreError, StoreUnavailable, errors.QueryTimeout, errors.SchemaMissing),
    ],
)
def test_what_goes_wrong_inside_is_logged_and_not_told(
    kind: type[AuditLogError], caplog: pytest.LogCaptureFixture
) -> None:
    answer = problem(kind("password=hunter2 host=10.0.0.5"))
    assert "hunter2" not in answer.get_data(as_text=True)
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("kind", [errors.Unauthenticated, errors.NotFound, errors.Conflict])
def test_an_error_without_words_has_the_words_of_its_class(kind: type[AuditLogError]) -> None:
    assert problem(kind()).get_json() == {
        "error": kind.__name__.lower().replace("notfound", "not_found"),
        "error_description": kind.__doc__,
    }


def test_what_werkzeug_refuses_has_the_same_shape_and_its_headers() -> None:
    answer = http_problem(MethodNotAllowed(["GET"]))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.get_json().keys() == {"error", "error_description"}
    assert http_problem(RequestEntityTooLarge()).get_json()["error"] == "too_large"
