"""What the tests of an app saw recorded: the file of ``pytest --audit-seen``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import msgspec

from ...errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen: types by endpoint, paths by table, and all types."""

    endpoints: Mapping[str, list[str]] = field(default_factory=dict)
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)


class Sightings:
    """What is seen, as it comes."""

    def __init__(self) -> None:
        self.endpoints: defaultdict[str, set[str]] = defaultdict(set)
        self.tables: defaultdict[str, set[str]] = defaultdict(set)
        self.types: set[str] = set()

    def add(self, seen: Seen) -> None:
        """Add what somebody else saw."""
        for mine, theirs in ((self.endpoints, seen.endpoints), (self.tables, seen.tables)):
            for name, what in theirs.items():
                mine[name].update(what)
        self.types.update(seen.types)

    def seen(self) -> Seen:
        """Return it all, sorted: the same tests write the same file."""
        return Seen(
            endpoints={name: sorted(types) for name, types in sorted(self.endpoints.items())},
            tables={name: sorted(paths) for name, paths in sorted(self.tables.items())},
            types=sorted(self.types),
        )


def read_seen(path: Path) -> Seen:
    """Read the file. :raises ConfigError: when it is not one of ``pytest --audit-seen``."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Seen)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no file that pytest --audit-seen={path} wrote.") from error


def write_seen(path: Path, seen: Seen) -> None:
    """Write the file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(seen)) + b"\n")
