"""Paths with placeholders: ``invoices/{id}``, ``users/{user.id}``, ``invoices/{result.id}``. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from string import Formatter
from typing import Any

from ..errors import ConfigError

# What a function returned, among its placeholders.
RESULT = "result"


def placeholders(template: str) -> list[str]:
    """Return the names in braces. :raises ConfigError: when one is no name with dots."""
    try:
        parts = [part for _, *part in Formatter().parse(template) if part[0] is not None]
    except ValueError as error:
        raise ConfigError(f"{template} is no path with placeholders: {error}.") from None
    for name, spec, conversion in parts:
        if spec or conversion or not all(word.isidentifier() for word in str(name).split(".")):
            raise ConfigError(
                f"{template} has the placeholder {{{name}}}. Name an argument, or with a dot what "
                "is in it: {id}, {user.id}, {result.id}."
            )

    return [str(name) for name, _, _ in parts]


def fill(template: str, told: Callable[[str], str | None]) -> str:
    """Return *template* with what *told* says of each name. What it does not know stays as it is."""
    filled = ""
    for literal, name, _, _ in Formatter().parse(template):
        filled += literal
        if name is not None:
            filled += told(name) or f"{{{name}}}"

    return filled


def find(values: Mapping[str, Any], name: str) -> Any:
    """Return what *name* names in *values*; ``None`` when it is not there.

    What the dots name is an attribute, or a key of a mapping.
    """
    root, *rest = name.split(".")
    found = values.get(root)
    for word in rest:
        found = found.get(word) if isinstance(found, Mapping) else getattr(found, word, None)

    return found


def segment(value: Any) -> str | None:
    """Return a plain *value* as one segment of a path; ``None`` for what is no scalar."""
    if value is None or isinstance(value, dict | list):
        return None
    # A slash would make two segments of it: another path.
    return str(value).replace("%", "%25").replace("/", "%2F")
