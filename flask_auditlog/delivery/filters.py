"""The filter of an endpoint: a query of the language, asked of each event as it comes. Pure."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache

from ..errors import Fault
from ..errors import InvalidWebhook
from ..errors import QueryError
from ..store.language import parse_query
from ..store.language.expression import Expression
from ..store.language.expression import Term
from ..store.language.expression import terms
from ..store.language.expression import TEXT
from ..store.language.fields import TIMES
from ..store.language.judging import Judge
from ..store.language.judging import judge_of
from ..store.language.times import is_counted
from ..store.search.settle import fixed

# Most terms of a filter that look through all of an event: whoever makes one has others wait.
SEARCHING = 10

# Most filters of which it is kept what they say.
_KEPT = 1000


def check_filter(text: str | None) -> str | None:
    """Return the filter that *text* is; ``None`` for one that leaves nothing out.

    :raises InvalidWebhook: as the search says it, and when it counts from now: it holds for
        events that come.
    """
    if text is None or not (wanted := text.strip()):
        return None
    try:
        _read(wanted)
    except QueryError as error:
        fault = Fault("filter", str(error), column=error.column)
        raise InvalidWebhook(faults=[fault]) from error

    return wanted


def is_read(text: str | None) -> bool:
    """Whether a filter can be read: one that a newer version kept may say what we do not know."""
    try:
        judge(text)
    except QueryError:
        return False

    return True


def judge(text: str | None) -> Judge | None:
    """Return what tells whether an event passes a filter; ``None`` if all do.

    :raises QueryError: when it cannot be read.
    """
    return _judge(text) if text is not None else None


@lru_cache(_KEPT)
def _judge(text: str) -> Judge:
    return judge_of(_read(text))


def _read(text: str) -> Expression:
    expression = parse_query(text)
    for term, _ in terms(expression):
        if term.field in TIMES and (is_counted(term.value) or is_counted(term.until)):
            message = (
                f"`{term.field}` counts from now, and a filter is asked of what comes. Write a "
                "date, such as 2026-11-01."
            )
            raise QueryError(message, field="q")
    if sum(_searches(term) for term, _ in terms(expression)) > SEARCHING:
        raise QueryError(
            f"A filter holds at most {SEARCHING} free texts and patterns of details.", field="q"
        )

    return fixed(expression, 0, UTC)


def _searches(term: Term) -> bool:
    return term.field == TEXT or (term.path is not None and term.operator == "like")
