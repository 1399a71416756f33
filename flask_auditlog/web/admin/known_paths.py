"""Which paths there are in the details of recent events, for who is writing one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ...state import current
from ...store.language import printed
from ...store.language import Term
from ...store.language.expression import DETAILS
from ...store.query import Query
from ...store.query import Scope
from .details import details_of

# So many of the newest records are looked at, so many paths of each, and so long it may take in all,
# in seconds.
LOOKED_AT, EACH, PATIENCE = 300, 100, 0.3


def known_paths(prefix: str, scope: Scope) -> list[tuple[str, int]]:
    """Return those within *scope* that begin so, as ``details.plan:``, each with how many of the
    records that were looked at have a value there: the frequent ones first.

    Only those that a query can name as they are.
    """
    found = Counter(path for path in _recent(scope) if path.startswith(prefix))
    fields = [(f"{path}:", number) for path, number in found.items() if _is_plain(path)]

    return sorted(fields, key=lambda each: (-each[1], each[0]))


def _recent(scope: Scope) -> Iterator[str]:
    deadline = time.monotonic() + PATIENCE
    for record in current().store.find(Query(), scope, limit=LOOKED_AT).records:
        if time.monotonic() > deadline:
            return
        details = islice(details_of(record.event.details), EACH)
        yield from {f"{DETAILS}{each.path}" for each in details if each.wanted is not None}


def _is_plain(path: str) -> bool:
    return printed(Term(path, "exists")) == f"{path}:*"
