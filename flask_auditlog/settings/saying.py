"""How a setting is declared: its default, and what it does in words."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def say(default: Any, help: str, *, of: Any = str, or_none: bool = False) -> Any:  # noqa: A002
    """A setting. *of* is what a list holds; *or_none* says that ``None`` switches it off."""
    return field(default=default, metadata={"help": help, "of": of, "or_none": or_none})
