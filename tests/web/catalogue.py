"""A catalogue of translations, as an app would compile it: by the format of gettext alone.

https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


def compile_to(place: Path, language: str, said: Mapping[str, str]) -> None:
    """Write what is *said* in a language. Of two forms, a ``\\0`` is between them, on both sides."""
    pairs = sorted(
        (key.encode(), text.encode()) for key, text in ({"": HEADER} | dict(said)).items()
    )
    ids: list[bytes] = []
    texts: list[bytes] = []
    places, data = 28 + 16 * len(pairs), b""
    for column in (0, 1):
        for pair in pairs:
            (ids, texts)[column].append(struct.pack("<II", len(pair[column]), places + len(data)))
            data += pair[column] + b"\0"
    head = struct.pack(
        "<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 28 + 16 * len(pairs)
    )
    folder = place / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "flask_auditlog.mo").write_bytes(head + b"".join(ids) + b"".join(texts) + data)
