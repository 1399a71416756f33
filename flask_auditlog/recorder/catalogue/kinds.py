"""Each type that an app defined, or that is in its log, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...store import TypeCount
from .definition import Catalogue
from .definition import Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type, as it is defined and as it is in the log."""

    type: str
    definition: Definition | None
    count: TypeCount | None


def kinds(catalogue: Catalogue, seen: Iterable[TypeCount]) -> list[Kind]:
    """Return each type that is defined or was seen, by name."""
    found = {each.type: each for each in seen}
    names = sorted(found.keys() | {each.type for each in catalogue})

    return [Kind(type=n, definition=catalogue.get(n), count=found.get(n)) for n in names]
