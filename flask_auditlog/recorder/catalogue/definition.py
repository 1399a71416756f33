"""The types that an app has defined: what their events say, and what becomes of wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...errors import Fault
from ...event import RESERVED
from ...event import Source
from ...settings import Policy

if TYPE_CHECKING:
    from .faults import Checker

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One type of event, as the app defined it.

    ``json_schema`` is that of ``details``; ``example`` is an example of them. ``invalid``
    says what becomes of an event that does not follow: ``None`` leaves it to the app.
    """

    type: str
    version: int
    description: str
    example: Mapping[str, Any] | None
    invalid: Policy | None
    json_schema: Mapping[str, Any]
    checker: Checker | None = field(compare=False, repr=False)

    def faults(self, details: Mapping[str, Any] | None) -> list[Fault]:
        """Return what is wrong with *details*; nothing if the type has no schema."""
        return self.checker.faults(details or {}) if self.checker is not None else []

    def document(self) -> dict[str, Any]:
        """Return the JSON Schema of the details, to be given to others."""
        said = {"title": self.type, "description": self.description}
        shown = {name: text for name, text in said.items() if text}
        example = {"examples": [self.example]} if self.example is not None else {}

        return {"$schema": DIALECT, **shown, **self.json_schema, **example}

    def policy(self, source: Source, default: Policy | None) -> Policy:
        """What becomes of an event from *source* that does not follow.

        Who sends it over the API is told, and still has it. From Python it would be lost;
        so would be what the log records by itself, which is never refused.
        """
        if is_reserved(self.type):
            return "flag"
        return self.invalid or default or ("refuse" if source == "api" else "flag")


class Catalogue:
    """The defined types, by name."""

    def __init__(self) -> None:
        self._definitions: dict[str, Definition] = {}

    def add(self, definition: Definition) -> None:
        """Add a type. Twice is fine, if nothing differs.

        :raises ConfigError: when the type is there with another definition.
        """
        known = self._definitions.setdefault(definition.type, definition)
        if known != definition:
            raise ConfigError(f"The type {definition.type} is defined twice, and not the same.")

    def get(self, type: str) -> Definition | None:  # noqa: A002 (the word of the wire format)
        """Return the definition of a type, or ``None``."""
        return self._definitions.get(type)

    def __iter__(self) -> Iterator[Definition]:
        """All definitions, by the names of their types."""
        return iter(sorted(self._definitions.values(), key=lambda each: each.type))

    def __len__(self) -> int:
        return len(self._definitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the events of one app are checked against.

    :param invalid: what becomes of those that do not follow, where the definition is silent.
    """

    catalogue: Catalogue = field(default_factory=Catalogue)
    invalid: Policy | None = None


def is_reserved(type: str) -> bool:  # noqa: A002
    """Whether the log records events of this type by itself, or may."""
    return type.lower().startswith(RESERVED)
