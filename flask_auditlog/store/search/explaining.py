"""What the driver raises while the log is read, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from ...errors import QueryTimeout
from ...errors import SchemaMissing
from ...errors import StoreError
from ...errors import StoreUnavailable

# The SQLSTATEs of what is not there: a table, a schema, a function.
_MISSING = {"42P01", "3F000", "42883"}


@contextmanager
def explained() -> Iterator[None]:
    """Raise what the driver raises as an error of ours."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explain(error) from error
    except sa.exc.TimeoutError as error:
        raise StoreUnavailable("No connection to the log's database is free. Try again.") from error


def _explain(error: sa.exc.DBAPIError) -> StoreError:
    original = error.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""
    text = str(original)
    if state == "57014" or text == "interrupted":
        return QueryTimeout()
    if state in _MISSING or "no such table" in text:
        return SchemaMissing()
    if error.connection_invalidated or not state or state[:2] in {"08", "53", "57", "58"}:
        return StoreUnavailable()
    return StoreError(f"The log's database refused the search (SQLSTATE {state}).")
