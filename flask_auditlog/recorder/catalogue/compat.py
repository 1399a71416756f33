"""Whether what followed an older definition still follows a newer one. Pure.

Both are JSON Schemas as :mod:`.json_schema` makes them. A validator that JSON Schema has no
words for is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from math import inf
from typing import Any

Node = Mapping[str, Any]


def incompatibilities(old: Node, new: Node) -> list[str]:
    """Return what a newer schema no longer allows, one sentence each.

    Compatible is what takes nothing away: all that was right still is, and no field is gone.
    """
    return list(_node(old, new, ""))


def _node(old: Any, new: Any, path: str) -> Iterator[str]:
    """*old* and *new* may also be true or false: anything, or nothing."""
    if new is True or new == {} or old is False:
        return
    if new is False:
        yield _say(path, "is no longer allowed")
        return
    old = {} if old is True else old
    yield from _type(old, new, path)
    yield from _choices(old, new, path)
    yield from _bounds(old, new, path)
    yield from _texts(old, new, path)
    yield from _fields(old, new, path)
    yield from _items(old, new, path)


def _say(path: str, what: str) -> str:
    return f"{path} {what}" if path else f"details: {what}"


def _kinds(node: Node) -> set[str] | None:
    """The types that a node allows; ``None`` for all of them."""
    types = node.get("type")
    if types is None:
        return None
    kinds = {types} if isinstance(types, str) else set(types)

    # Every whole number is a number.
    return kinds | {"integer"} if "number" in kinds else kinds


def _type(old: Node, new: Node, path: str) -> Iterator[str]:
    before, after = _kinds(old), _kinds(new)
    if after is None or (before is not None and before <= after):
        return
    was = "anything" if before is None else _list(before)
    yield _say(path, f"was {was}, and is now {_list(after)}")


def _list(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds - {"integer"} if "number" in kinds else kinds))


def _choices(old: Node, new: Node, path: str) -> Iterator[str]:
    if "enum" not in new:
        return
    if "enum" not in old:
        yield _say(path, "may now only be one of some values")
        return
    gone = [str(value) for value in old["enum"] if value not in new["enum"]]
    if gone:
        yield _say(path, f"may no longer be {', '.join(gone)}")


# Each with the one beside it that leaves out the bound itself, and which way is narrower.
_BOUNDS = (
    ("minimum", "exclusiveMinimum", 1),
    ("maximum", "exclusiveMaximum", -1),
    ("minLength", None, 1),
    ("maxLength", None, -1),
    ("minItems", None, 1),
    ("maxItems", None, -1),
    ("minProperties", None, 1),
    ("maxProperties", None, -1),
)


def _bounds(old: Node, new: Node, path: str) -> Iterator[str]:
    for name, open_name, sign in _BOUNDS:
        edge = _edge(new, name, open_name, sign)
        if edge > _edge(old, name, open_name, sign):
            yield _say(path, f"has a narrower {name}: {sign * edge[0]}")


def _edge(node: Node, name: str, open_name: str | None, sign: int) -> tuple[float, bool]:
    """Return the bound and whether it is left out itself: the greater, the narrower."""
    edges = [(-inf, False)]
    if name in node:
        edges.append((sign * node[name], False))
    if open_name is not None and open_name in node:
        edges.append((sign * node[open_name], True))

    return max(edges)


def _texts(old: Node, new: Node, path: str) -> Iterator[str]:
    for name in ("format", "pattern"):
        if name in new and new[name] != old.get(name):
            yield _say(path, f"must now have the {name} {new[name]}")


def _fields(old: Node, new: Node, path: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, node in before.items():
        if name in after:
            yield from _node(node, after[name], _below(path, name))
        else:
            yield _say(_below(path, name), "is gone")
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield _say(_below(path, name), "is now required")
    others, names = old.get("additionalProperties", True), old.get("propertyNames", True)
    yield from _node(others, new.get("additionalProperties", True), _below(path, "*"))
    yield from _node(names, new.get("propertyNames", True), f"{path}: the name of a field")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _items(old: Node, new: Node, path: str) -> Iterator[str]:
    yield from _each(old, new, path)
    rest = (old.get("items", True), new.get("items", True))
    if "prefixItems" not in old and "prefixItems" not in new:
        yield from _node(*rest, f"{path}[]")


def _each(old: Node, new: Node, path: str) -> Iterator[str]:
    before, after = old.get("prefixItems"), new.get("prefixItems")
    if before is None and after is None:
        return
    if before is None or after is None or len(before) != len(after):
        yield _say(path, "is a list of another length")
        return
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        yield from _node(one, other, f"{path}[{index}]")
