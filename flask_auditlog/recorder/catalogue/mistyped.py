"""Values that are not of their type in JSON, though marshmallow would take them. Pure.

It takes ``"12"`` for a number, and makes one of it. An event is stored as it was sent, and its
readers would find text.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

Path = tuple[Any, ...]

# What a value of each type in Python is called in JSON Schema.
_NAMES: Mapping[type[Any], Sequence[str]] = {
    str: ("string",),
    int: ("integer", "number"),
    float: ("number",),
    bool: ("boolean",),
    dict: ("object",),
    list: ("array",),
    type(None): ("null",),
}
_WORDS: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def mistyped(node: Mapping[str, Any], value: Any) -> list[tuple[Path, str]]:
    """Return the path of each value that is not of its type, and what it must be."""
    found: list[tuple[Path, str]] = []
    _look(node, value, (), found)

    return found


def _look(node: Mapping[str, Any], value: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    # Called for every value of every event of a defined type: hence no generators.
    types = node.get("type")
    if types is not None and not _is_one(value, types):
        allowed = [types] if isinstance(types, str) else types
        found.append((path, f"Must be {' or '.join(_WORDS[each] for each in allowed)}."))
    elif type(value) is dict:
        properties, others = node.get("properties", {}), node.get("additionalProperties")
        for name, each in value.items():
            inner = properties.get(name, others)
            if inner:
                _look(inner, each, (*path, name), found)
    elif type(value) is list:
        first, others = node.get("prefixItems", ()), node.get("items")
        for index, each in enumerate(value):
            inner = first[index] if index < len(first) else others
            if inner:
                _look(inner, each, (*path, index), found)


def _is_one(value: Any, types: str | Sequence[str]) -> bool:
    for name in _NAMES[type(value)]:
        if name == types or (type(types) is list and name in types):
            return True
    # JSON has one kind of number, and 3.0 is a whole one.
    return type(value) is float and "integer" in types and value.is_integer()
