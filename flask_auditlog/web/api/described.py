"""GET: the description of the API itself."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

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
    paths = {path: _below(root, each) for path, each in told["paths"].items()}

    return json_answer(msgspec.json.encode(_below(root, {**told, "paths": paths})).decode())


def _below(root: str, node: dict[str, Any]) -> dict[str, Any]:
    """*node* with its servers, if it names some, below *root*."""
    if "servers" not in node:
        return node

    return {**node, "servers": [{"url": f"{root}{each['url']}"} for each in node["servers"]]}


def _routes() -> tuple[tuple[str, str, str, str], ...]:
    """What this app serves: of each the rule, the method, the view, and its own words."""
    blueprint, prefix = request.blueprint or "", _prefix()
    found = []
    for rule in current_app.url_map.iter_rules():
        name = rule.endpoint.removeprefix(f"{blueprint}.")
        if name == rule.endpoint or name == "nothing" or name.startswith("refuse_"):
            continue
        # Below what the host may have put around it, and imported.
        view = inspect.unwrap(current_app.view_functions[rule.endpoint])
        words = inspect.getdoc(getattr(view, "itself", view)) or ""
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found.append((rule.rule.removeprefix(prefix), method, name, words))

    return tuple(sorted(found))


def _prefix() -> str:
    settings = current().settings

    return settings.api_prefix or settings.url_prefix
