"""Who sends a statement: a session's flush, of which the models tell, or the host by hand."""

from __future__ import annotations

import inspect
from typing import Literal

Origin = Literal["flush", "bulk", "orm", "core"]

# What stands between who sends a statement and us.
_BETWEEN = (
    "sqlalchemy.engine.",
    "sqlalchemy.event.",
    "sqlalchemy.sql.",
    "sqlalchemy.util.",
    "flask_auditlog.capture.",
)

_FLUSHES = frozenset({"sqlalchemy.orm.persistence", "sqlalchemy.orm.dependency"})
_BULK = "sqlalchemy.orm.bulk_persistence"


def origin() -> Origin:
    """Return who sends the statement that is being executed.

    Asked of the stack, since nothing else tells them apart: a listener of the host's may send
    statements of its own in the middle of a flush, and ``bulk_save_objects`` sends its own
    with the code of a flush.
    """
    frame = inspect.currentframe()
    name = ""
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if not name.startswith(_BETWEEN):
            break
        frame = frame.f_back
    # Of a flush the unit of work stands behind these, and of the bulk methods their own.
    flushes = name in _FLUSHES
    while name in _FLUSHES and frame is not None:
        frame = frame.f_back
        name = "" if frame is None else frame.f_globals.get("__name__") or ""
    if flushes:
        return "bulk" if name == _BULK else "flush"

    return "orm" if name.startswith("sqlalchemy.") else "core"
