"""The lock file: what the defined types were, so that a change of them is seen.

``{"types": {"invoice.paid": {"version": 1, "schema": {...}}}}``, where ``schema`` is the JSON
Schema of the details without its words. It is kept with the code, and compared in its tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .compat import incompatibilities
from .definition import Catalogue

Locked = Mapping[str, Mapping[str, Any]]

_WORDS = frozenset({"title", "description"})
HOW = "Run `flask auditlog types --lock {}`"


def locked(catalogue: Catalogue) -> Locked:
    """Return what is locked of a catalogue: each type's version and schema."""
    return {
        each.type: {"version": each.version, "schema": _without_words(each.json_schema)}
        for each in catalogue
    }


def _without_words(node: Any) -> Any:
    """Return a schema without what is said of it: to write that better changes nothing."""
    if isinstance(node, list):
        return [_without_words(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        # The names of fields are not ours: one may be called description.
        name: {key: _without_words(each) for key, each in value.items()}
        if name == "properties"
        else _without_words(value)
        for name, value in node.items()
        if name not in _WORDS
    }


def read(path: Path) -> Locked:
    """Return what a lock file says. :raises ConfigError: when it is missing, or is none."""
    try:
        types = json.loads(path.read_text(encoding="utf-8"))["types"]
        return {name: {"version": t["version"], "schema": t["schema"]} for name, t in types.items()}
    except FileNotFoundError:
        raise ConfigError(f"There is no {path}. {HOW.format(path)}.") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is not a lock file of event types.") from error


def write(types: Locked, path: Path) -> None:
    """Write a lock file, in an order that does not change by itself."""
    text = json.dumps({"types": types}, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def broken(old: Locked, new: Locked) -> Iterator[str]:
    """Yield what changed in a way that needs a new version, one sentence each."""
    for name in sorted(old.keys() & new.keys()):
        before, after = old[name], new[name]
        if after["version"] < before["version"]:
            was = f"version {before['version']}, and is now {after['version']}"
            yield f"{name} was {was}: versions only grow."
        elif after["version"] == before["version"]:
            for each in incompatibilities(before["schema"], after["schema"]):
                yield f"{name}: {each}. That needs version {before['version'] + 1}."


def stale(old: Locked, new: Locked) -> Iterator[str]:
    """Yield what a lock file does not say yet, or says of what is no more."""
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"{name} is not in the lock file yet."
        elif name not in new:
            yield f"{name} is in the lock file, and is no longer defined."
        elif old[name] != new[name]:
            yield f"{name} was changed since it was locked."


def check_catalogue(catalogue: Catalogue, path: Path) -> None:
    """Assert that the lock file at *path* says what *catalogue* does.

    :raises AssertionError: says what was changed without a new version, or is not locked.
    :raises ConfigError: when there is no lock file.
    """
    if said := differences(read(path), locked(catalogue), path):
        raise AssertionError("\n".join(said))


def differences(old: Locked, new: Locked, path: Path) -> list[str]:
    """Return what differs from a lock file, with the remedy; nothing where nothing does."""
    if wrong := list(broken(old, new)):
        return wrong
    outdated = list(stale(old, new))

    return [*outdated, f"{HOW.format(path)}, and look at what it changed."] if outdated else []
