"""From what a Flask config holds to typed values."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import fields
from dataclasses import is_dataclass
from typing import Any

from ..errors import ConfigError

PREFIX = "AUDITLOG_"


def build(kind: type[Any], given: Mapping[str, Any], prefix: str) -> Any:
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(given.keys() - known.keys()):
        shown = PREFIX if prefix == PREFIX else ""
        names = ", ".join(f"{shown}{_key(prefix, name)}" for name in sorted(known))
        raise ConfigError(f"Unknown config {prefix}{_key(prefix, unknown[0])}. Known: {names}.")

    return kind(**{name: _value(known[name], value, prefix) for name, value in given.items()})


def _key(prefix: str, name: str) -> str:
    return name.upper() if prefix == PREFIX else name


def _value(spec: Any, value: Any, prefix: str) -> Any:
    """Return *value* in the type of the setting's default, or raise."""
    where = f"{prefix}{_key(prefix, spec.name)}"
    if value is None and (spec.default is None or spec.metadata["or_none"]):
        return None
    kind = type(spec.default)
    if kind is tuple:
        return _list(where, value, spec.metadata["of"])

    return _READ[kind](where, value) if kind in _READ else _group(where, value, kind)


def _group(where: str, value: Any, kind: type[Any]) -> Any:
    if isinstance(value, Mapping):
        return build(kind, value, f"{where}: ")
    return _expect(where, value, kind, "a dict")


def _list(where: str, value: Any, kind: type[Any]) -> tuple[Any, ...]:
    # The value is not repeated: it may be a key.
    if isinstance(value, str):
        raise ConfigError(f"{where} must be a list, not one string. ")
    items = tuple(_expect(where, value, (list, tuple, set, frozenset), "a list"))
    if is_dataclass(kind):
        return tuple(_group(f"{where}[{place}]", item, kind) for place, item in enumerate(items))
    for item in items:
        _expect(where, item, kind, f"a list of {_WORDS[kind]}")
    return items


def _expect(where: str, value: Any, kind: Any, words: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{where} must be {words}, not {type(value).__name__}.")
    return value


_WORDS: Mapping[Any, str] = {
    str: "strings",
    int | str: "strings or whole numbers",
    int | float: "numbers",
}

# How a value is read, by the type of the setting's default.
_READ: Mapping[type[Any], Callable[[str, Any], Any]] = {
    bool: lambda where, value: _expect(where, value, bool, "True or False"),
    int: lambda where, value: _expect(where, value, int, "a whole number"),
    float: lambda where, value: float(_expect(where, value, (int, float), "a number")),
    str: lambda where, value: _expect(where, value, str, "a string"),
    type(None): lambda where, value: _expect(where, value, str, "a string"),
}
