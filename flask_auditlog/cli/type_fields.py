"""A JSON Schema of details -> the rows of a table that a person reads. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

Node = Mapping[str, Any]


def field_rows(node: Node, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield path, value, whether it is required, and description of each field, and of those in it."""
    required = node.get("required", ())
    for name, each in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield code(here), words(each), "yes" if name in required else "", said(each)
        yield from _inside(each, here)


def _inside(node: Node, path: str) -> Iterator[tuple[str, str, str, str]]:
    yield from field_rows(node, path)
    for key, place in (("items", f"{path}[]"), ("additionalProperties", f"{path}.*")):
        inner = node.get(key)
        if isinstance(inner, dict) and inner:
            yield code(place), words(inner), "", said(inner)
            yield from _inside(inner, place)


def said(node: Node) -> str:
    """Return what is said of a field."""
    return str(node.get("description") or node.get("title") or "")


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}
_RULES = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
    ("minProperties", "at least {} fields"),
    ("maxProperties", "at most {} fields"),
)


def words(node: Node) -> str:
    """Return what a value may be, in words."""
    if "enum" in node:
        return f"one of {', '.join(code(json.dumps(value)) for value in node['enum'])}"
    types = node.get("type", [])
    kinds = [_KINDS[each] for each in ([types] if isinstance(types, str) else types)]
    parts = [" or ".join(kinds) or "anything"]
    parts += [code(node["format"])] if "format" in node else []
    parts += [rule.format(node[name]) for name, rule in _RULES if name in node]
    parts += [f"as {code(node['pattern'])}"] if "pattern" in node else []

    return ", ".join(parts)


def code(text: str) -> str:
    """Return *text* as code in Markdown, whatever is in it."""
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown, and an empty one."""
    yield _line(head)
    yield _line(["-"] * len(head))
    for row in rows:
        yield _line([cell.replace("|", "\\|").replace("\n", " ") for cell in row])
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
