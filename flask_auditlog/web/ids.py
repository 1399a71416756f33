"""Ids in an address."""

from __future__ import annotations

from uuid import UUID


def is_id(text: str) -> bool:
    """Whether *text* can be an id. Not every database can be asked for what cannot."""
    try:
        UUID(text)
    except ValueError:
        return False

    return text.isascii()
