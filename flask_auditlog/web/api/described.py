"""GET: the description of the API itself."""

from __future__ import annotations

import importlib
import inspect

import msgspec
from flask import current_app
from flask import request
from flask import Response

from ...state import current
from .. import rate
from .answers import json_answer


def openapi() -> Response:
    """Answer this description, in OpenAPI 3.1. Public: it holds nothing of the log."""
    rate.check_public()
    # It brings marshmallow, and few ask for it.
    document = importlib.import_module("flask_auditlog.web.api.openapi").document
    told = document(current().settings, _routes())
    # Where the app stands below another address, its server says so with each request.
    root = request.root_path.rstrip("/")
    servers = [{"url": f"{root}{each['url']}"} for each in told["servers"]]
    health = told["paths"]["/healthz"]
    here = [{"url": f"{root}{each['url']}"} for each in health["servers"]]
    paths = {**told["paths"], "/healthz": {**health, "servers": here}}

    return json_answer(msgspec.json.encode({**told, "servers": servers, "paths": paths}).decode())


def _routes() -> tuple[tuple[str, str, str, str], ...]:
    """What this app serves: of each the rule, the method, the view, and its own words."""
    blueprint, prefix = request.blueprint or "", _prefix()
    found = []
    for rule in current_app.url_map.iter_rules():
        name = rule.endpoint.removeprefix(f"{blueprint}.")
        if name == rule.endpoint or name == "nothing" or name.startswith("refuse_"):
            continue
        view = current_app.view_functions[rule.endpoint]
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found.append((rule.rule.removeprefix(prefix), method, name, inspect.getdoc(view) or ""))

    return tuple(sorted(found))


def _prefix() -> str:
    settings = current().settings

    return settings.api_prefix or settings.url_prefix
