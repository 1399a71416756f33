"""The package's one logger.

What the host's code raises may hold anybody's secret: a password in a ``ValueError``, a
row in the driver's words. So of an error that is not ours the log says the type and the
place, and never the message.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

from .errors import AuditLogError


class _Discreet(logging.Filter):
    """Writes the traceback of a log record without the words of strangers."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.exc_text = told(error)
            # A handler that formats it by itself would take the words from here.
            record.exc_info = None

        return True


def told(error: BaseException) -> str:
    """Return the traceback of *error* and of what it came from, with our own messages only."""
    return "\n\nIt came from:\n\n".join(map(_one, _chain(error)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _one(error: BaseException) -> str:
    kind = type(error)
    message = f": {error}" if isinstance(error, AuditLogError) else ""
    frames = "".join(traceback.format_tb(error.__traceback__))

    return f"Traceback (most recent call last):\n{frames}{kind.__module__}.{kind.__qualname__}{message}"


logger = logging.getLogger("flask_auditlog")
logger.addFilter(_Discreet())
