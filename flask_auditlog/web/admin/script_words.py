"""What the scripts of the pages say: they find it by what it is in English. See ``static/words.js``."""

from __future__ import annotations

import json

from ..words import _
from ..words import N_

WORDS = N_(
    (
        "Copy",
        "Copy %(what)s",
        "Copied",
        "Local (%(zone)s)",
        "Completions",
        "%(number)s new",
        "1 new event",
        "%(number)s new events",
        "Ended: reload",
    )
)


def script_words() -> str:
    """Return those that are said in other words than in English, as JSON."""
    said = {english: _(english) for english in WORDS}

    return json.dumps({english: text for english, text in said.items() if text != english})
