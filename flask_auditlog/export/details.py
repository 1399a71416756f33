"""What stands at a path of the details, for a column of its own. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..store.language.values import names_of

# The members of an object, each as it is written: so a number keeps its digits.
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


def at_path(path: str) -> Callable[[msgspec.Raw], bytes | None]:
    """Return what reads the JSON at *path* of the details; ``None`` where there is none or ``null``.

    A dot is a step into an object and never into a list: a cell has one value.
    """
    names = names_of(path)

    def read(details: msgspec.Raw) -> bytes | None:
        json = bytes(details)
        for name in names:
            found = _members(json).get(name) if json.startswith(b"{") else None
            if found is None:
                return None
            json = bytes(found)

        return None if json == b"null" else json

    return read


def text_of(json: bytes) -> str | None:
    """Return the text that *json* is; ``None`` when it is something else."""
    return _text(json) if json.startswith(b'"') else None
