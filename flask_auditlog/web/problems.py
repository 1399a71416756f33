"""Errors, said in HTTP: one table, one shape.

``{"error": code, "error_description": sentence, "errors": [{"field", "message", "index"}]}``
is Phase Two's shape with ``errors`` added, and ``column`` where a query cannot be read. What went wrong in here is said in general
words only: an answer never tells of addresses, tables or statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Response
from werkzeug.exceptions import HTTPException

from ..errors import AuditLogError
from ..errors import Busy
from ..errors import Conflict
from ..errors import Disabled
from ..errors import Fault
from ..errors import FormRefused
from ..errors import Gone
from ..errors import InvalidEvent
from ..errors import InvalidWebhook
from ..errors import KeyReused
from ..errors import NotFound
from ..errors import ProviderUnavailable
from ..errors import QueryError
from ..errors import QueryTimeout
from ..errors import RateLimited
from ..errors import ReservedType
from ..errors import SchemaMissing
from ..errors import ScopeError
from ..errors import StoreError
from ..errors import StoreUnavailable
from ..errors import TooLarge
from ..errors import Unauthenticated
from ..errors import UnsupportedMedia
from ..errors import WebhookDisabled
from ..errors import WebhookPolled
from ..logs import logger

# Seconds after which a client may try again, when the log or a provider cannot be reached.
RETRY_AFTER = 5

_KINDS: Mapping[type[AuditLogError], tuple[int, str]] = {
    InvalidEvent: (400, "invalid_event"),
    InvalidWebhook: (400, "invalid_webhook"),
    QueryError: (400, "invalid_query"),
    FormRefused: (400, "form_refused"),
    Unauthenticated: (401, "unauthenticated"),
    ScopeError: (403, "forbidden"),
    NotFound: (404, "not_found"),
    Gone: (410, "gone"),
    Conflict: (409, "conflict"),
    ReservedType: (409, "reserved_type"),
    WebhookDisabled: (409, "webhook_disabled"),
    WebhookPolled: (409, "webhook_polled"),
    TooLarge: (413, "too_large"),
    UnsupportedMedia: (415, "unsupported_media_type"),
    KeyReused: (422, "idempotency_key_reused"),
    RateLimited: (429, "rate_limited"),
    Busy: (429, "busy"),
    Disabled: (503, "disabled"),
    StoreUnavailable: (503, "unavailable"),
    ProviderUnavailable: (503, "provider_unavailable"),
    # 503 because the query is a right one and it is the server that gives up, but without
    # Retry-After: the same query would only take as long again.
    QueryTimeout: (503, "query_timeout"),
    SchemaMissing: (503, "schema_missing"),
    StoreError: (500, "store_error"),
}

# What `error` says in an answer.
CODES = (*dict.fromkeys(code for _, code in _KINDS.values()), "internal")
STATUS: Mapping[type[AuditLogError], int] = {kind: status for kind, (status, _) in _KINDS.items()}

_INTERNAL = "Something went wrong on the server. It has been logged there."


def status_of(error: AuditLogError) -> int:
    """The status of *error*; 500 for what is nobody's mistake but ours."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(error: AuditLogError) -> Response:
    """The answer to a request that ended in *error*. What is 5xx is logged."""
    status = status_of(error)
    code = next((_KINDS[kind][1] for kind in type(error).__mro__ if kind in _KINDS), "internal")
    # Why a provider cannot be asked is logged by who asks it, once for many requests.
    if status < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, ProviderUnavailable):
        response = shaped(status, code, str(error), _faults(error))
    else:
        logger.error("Answered %s: %s", status, error, exc_info=error)
        response = shaped(status, code, _in_general(error))
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, (StoreUnavailable, ProviderUnavailable)):
        response.headers["Retry-After"] = str(RETRY_AFTER)
    if isinstance(error, RateLimited):
        response.status_code = error.status
        response.headers["Retry-After"] = str(error.seconds)

    return response


def http_problem(error: HTTPException) -> Response:
    """The answer to what Flask, Werkzeug or a hook of the host refused: our shape, their headers."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return shaped(status, "internal", _INTERNAL)

    code = "too_large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else _code(error)
    response = shaped(status, code, error.description or HTTPStatus(status).description)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value

    return response


def shaped(
    status: int, code: str, sentence: str, faults: list[dict[str, Any]] | None = None
) -> Response:
    """An answer in the one error shape."""
    body: dict[str, Any] = {"error": code, "error_description": sentence}
    if faults:
        body["errors"] = faults

    return Response(msgspec.json.encode(body), status, mimetype="application/json")


def _faults(error: AuditLogError) -> list[dict[str, Any]]:
    if isinstance(error, InvalidEvent):
        return [_fault(fault) for fault in error.faults]
    if isinstance(error, QueryError) and error.field is not None:
        return [_fault(Fault(error.field, str(error), column=error.column))]
    return []


def _fault(fault: Fault) -> dict[str, Any]:
    said = {
        "field": fault.field,
        "message": fault.message,
        "index": fault.index,
        "column": fault.column,
    }
    return {name: value for name, value in said.items() if value is not None}


def _in_general(error: AuditLogError) -> str:
    # The sentence of the class is ours; that of the error may hold the driver's words.
    known = next((kind for kind in type(error).__mro__ if kind in _KINDS), None)
    return (known.__doc__ or _INTERNAL) if known and known is not StoreError else _INTERNAL


def _code(error: HTTPException) -> str:
    return error.name.lower().replace(" ", "_").replace("'", "")
