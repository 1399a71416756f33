"""All of it, put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ....errors import AuditLogError
from ....errors import ProviderUnavailable
from ....errors import RateLimited
from ....errors import StoreUnavailable
from ....errors import Unauthenticated
from ....settings import Settings
from ....state import our_version
from ...problems import STATUS
from . import bodies
from . import params
from . import shapes
from .operations import ALWAYS
from .operations import BY_TOKEN
from .operations import Operation
from .operations import operations
from .shapes import Node
from .shapes import ref

_PARAMETER = re.compile(r"<(\w+)>")
_SECONDS: Node = {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}
_HEADERS: Mapping[type[AuditLogError], Node] = {
    Unauthenticated: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    RateLimited: {"Retry-After": _SECONDS},
    StoreUnavailable: {"Retry-After": _SECONDS},
    ProviderUnavailable: {"Retry-After": _SECONDS},
}
# What a 201 says instead of a body.
_LOCATION: Node = {
    "Location": {"description": "The webhook's address.", "schema": {"type": "string"}}
}
_CREATED, _OK = 201, 200
METRICS = "Answer the numbers of the log and of its deliveries, in Prometheus' text format."

Routes = Mapping[str, Mapping[str, Callable[..., Any]]]


@lru_cache(maxsize=8)
def document(settings: Settings, routes: tuple[tuple[str, str, str, str], ...]) -> Node:
    """Return the description of the API of an app.

    :param routes: of each its rule, its method, the name of its view and what that one says of
        itself.
    """
    known = operations(settings.limits)
    paths: dict[str, Node] = {}
    for rule, method, name, words in routes:
        path = paths.setdefault(_PARAMETER.sub(r"{\1}", rule), _path(rule))
        path[method.lower()] = _operation(known[name], name, words, settings)
    # For whoever watches: beside the pages, which may be elsewhere.
    beside = {"servers": [{"url": settings.url_prefix}]}
    numbers = _operation(known["metrics"], "metrics", METRICS, settings)
    paths["/healthz"] = {**beside, "get": _healthz()}
    paths["/metrics"] = {**beside, "get": numbers}

    return {
        "openapi": "3.1.1",
        "info": {
            "title": "flask_auditlog",
            "version": our_version(),
            "description": "An audit log: events come in, and are searched, exported and sent on.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": settings.api_prefix or settings.url_prefix}],
        "paths": paths,
        "components": {
            "schemas": {**shapes.schemas(), **bodies.schemas()},
            "parameters": {each["name"]: each for each in params.filters()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of this realm. The names beside it are its permissions.",
                }
            },
        },
    }


def _path(rule: str) -> Node:
    names = _PARAMETER.findall(rule)

    return {"parameters": [params.in_path(name) for name in names]} if names else {}


def _operation(known: Operation, name: str, words: str, settings: Settings) -> Node:
    summary = words.partition("\n\n")[0]
    told: Node = {
        "operationId": name,
        "summary": " ".join(summary.replace("``", "`").split()),
        "security": [{"token": [known.permission]}] if known.permission else [],
        "responses": {
            **{str(status): _answer(known, status, node) for status, node in known.answers.items()},
            **_refusals(known, settings),
        },
    }
    if known.params:
        told["parameters"] = list(known.params)
    if known.body is not None:
        told["requestBody"] = known.body

    return told


def _answer(known: Operation, status: int, node: Node | None) -> Node:
    told: Node = {"description": "Done." if node is None else "What was asked for."}
    if known.files and status == _OK:
        told["content"] = {name: {"schema": it} for name, it in known.files.items()}
    elif node is not None:
        told["content"] = {"application/json": {"schema": node}}
    if status == _CREATED:
        told["headers"] = _LOCATION

    return told


def _refusals(known: Operation, settings: Settings) -> dict[str, Node]:
    """What each status says that somebody is refused with."""
    kinds = [*known.refuses, *(BY_TOKEN if known.permission else ()), *ALWAYS]
    found: dict[str, Node] = {}
    for kind in sorted(kinds, key=lambda it: STATUS.get(it, 400)):
        status = str(settings.rate_limit_status if issubclass(kind, RateLimited) else _status(kind))
        sentence = " ".join((kind.__doc__ or "").split()).replace("``", "`")
        before = found.get(status)
        if before is None:
            content = {"application/json": {"schema": ref("Problem")}}
            before = found[status] = {"description": sentence, "content": content}
        elif sentence not in before["description"]:
            before["description"] += f" {sentence}"
        if kind in _HEADERS:
            before["headers"] = {**before.get("headers", {}), **_HEADERS[kind]}

    return dict(sorted(found.items()))


def _status(kind: type[AuditLogError]) -> int:
    return next(STATUS[it] for it in kind.__mro__ if it in STATUS)


def _healthz() -> Node:
    """Whether the log is well, for who has no token."""
    content = {"application/json": {"schema": ref("Health")}}
    answers = {
        "200": {"description": "It is well, or its deliveries are late.", "content": content},
        "503": {"description": "Nothing can be recorded.", "content": content},
    }
    said = {"operationId": "healthz", "summary": "Answer whether the log is well.", "security": []}

    return {**said, "responses": answers}
