"""The API's own description, read as a client would read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask

Node = dict[str, Any]


def described(app: Flask) -> Node:
    """Return the description that *app* serves."""
    answer = app.test_client().get("/audit/openapi.json")
    assert answer.status_code == 200
    found: Node = answer.get_json()

    return found


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield the path, the method and the description of each operation."""
    for path, item in document["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if method in item:
                yield path, method, item[method]


def params_of(document: Node, operation: Node) -> list[Node]:
    """Return the parameters of an operation, each as it is described."""
    named = document["components"]["parameters"]

    return [
        named[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", [])
    ]


def references(node: Any) -> Iterator[str]:
    """Yield all references in *node*."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)
