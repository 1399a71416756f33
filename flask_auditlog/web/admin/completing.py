"""What the query box offers while somebody writes: names of fields, and values that exist.

Values, and paths in the details, are those of the newest records that the reader may see: nobody is
told of others. It is not on record: no more is handed out than the names that records go by, and of
the details no value.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from flask import jsonify
from flask import request
from flask import Response

from ...errors import QueryError
from ...errors import QueryTimeout
from ...event import OPERATIONS
from ...event import SOURCES
from ...state import current
from ...store.charts.summary import FACETED
from ...store.language import LONGEST
from ...store.language import parse_query
from ...store.language import printed
from ...store.language import Term
from ...store.language.expression import DETAILS
from ...store.language.fields import FIELDS
from ...store.language.unfinished import unfinished
from ...store.query import Query
from ...store.query import Scope
from ..args import LONGEST_VALUE
from ..words import _
from ..words import ngettext
from .asked import asked_of
from .display import shown
from .known_paths import known_paths
from .visitors import scope_of

MOST = 10
# So many of the newest records that begin so are looked at, and so long it may take, in seconds:
# whoever writes on does not wait.
LOOKED_AT, PATIENCE = 5_000, 0.3
# What is written in other letters than it begins with, and an address, which has no pattern, is
# looked for in so many frequent values of the newest records.
RECENT = 500
FIXED: Mapping[str, tuple[str, ...]] = {
    "operation": OPERATIONS,
    "source": SOURCES,
    **dict.fromkeys(
        ("after", "time"), ("-15m", "-1h", "-24h", "-7d", "-30d", "today", "yesterday")
    ),
    "before": ("-1h", "-24h", "-7d", "today", "yesterday"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """What may be put in place of the word, how it is shown, and a word about it."""

    text: str
    label: str
    note: str = ""


def complete() -> Response:
    """Answer how the query before the cursor, ``q``, may go on, as JSON.

    ``from`` is where what is offered begins, counted as JavaScript does.
    """
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    text = next(iter(asked.values("q")), "")
    if len(text) > LONGEST:
        raise QueryError(f"A query is at most {LONGEST:,} characters long.", field="q")
    word = unfinished(text)
    options = (
        _names(word.value, scope) if word.field is None else _values(word.field, word.value, scope)
    )
    found = [{"text": o.text, "label": o.label, "note": o.note} for o in islice(options, MOST)]

    start = len(text[: word.start].encode("utf-16-le", "surrogatepass")) // 2
    return jsonify({"from": start, "options": found})


def _names(prefix: str, scope: Scope) -> Iterable[Option]:
    if prefix.startswith(DETAILS):
        return _paths(prefix, scope)
    return _fields(prefix)


def _paths(prefix: str, scope: Scope) -> Iterable[Option]:
    if len(prefix) > LONGEST_VALUE:
        return
    try:
        found = known_paths(prefix, scope)
    except QueryTimeout:
        return
    for path, records in found:
        said = ngettext("%(number)s event", "%(number)s events", records)
        yield Option(path, shown(path, 100), said)


def _fields(prefix: str) -> Iterable[Option]:
    wanted = prefix.lower()
    names = {name: _(field.help) for name, field in FIELDS.items()}
    names[DETAILS] = _("A path in the details, such as details.plan.name.")
    for name, says in names.items():
        if name.startswith(wanted):
            text = name if name == DETAILS else f"{name}:"
            yield Option(text, text, says.replace("`", ""))


def _values(field: str, written: str, scope: Scope) -> Iterable[Option]:
    if field in FIXED:
        return (_option(field, each) for each in _fitting(FIXED[field], written))
    if field not in FACETED or "*" in written or len(written) > LONGEST_VALUE:
        return ()
    return (
        _option(field, value, ngettext("%(number)s event", "%(number)s events", records))
        for value, records in _known(field, written, scope).items()
        if 0 < len(value) <= LONGEST_VALUE
    )


def _known(field: str, written: str, scope: Scope) -> Mapping[str, int]:
    """The values that exist, each with how many records have it. First those that begin so to the
    letter, which an index finds; if they are few, of those of the newest records all that fit.
    """
    found: dict[str, int] = {}
    if not written or field != "ip":
        found = {
            value: records
            for value, records in _frequent(field, _beginning(field, written), scope, MOST).items()
            if value.startswith(written)
        }
    if written and len(found) < MOST:
        recent = _frequent(field, Query(), scope, RECENT)
        for value in _fitting(recent, written):
            found.setdefault(value, recent[value])

    return found


def _fitting(values: Iterable[str], written: str) -> list[str]:
    """Those of *values* that hold what was written, in capitals or not: first those that begin so,
    to the letter before the others.
    """
    folded = written.casefold()
    held = [each for each in values if folded in each.casefold()]

    return sorted(
        held,
        key=lambda each: (not each.startswith(written), not each.casefold().startswith(folded)),
    )


def _frequent(field: str, query: Query, scope: Scope, top: int) -> Mapping[str, int]:
    """The most frequent values among the newest records of *query*; none if it takes too long."""
    try:
        found = current().store.figures.facets(
            query, scope, records=LOOKED_AT, top=top, seconds=PATIENCE, names=(field,)
        )
    except (QueryTimeout, QueryError):
        return {}
    values = found.fields[field].values if field in found.fields else ()

    return {each.value: each.records for each in values}


def _beginning(field: str, prefix: str) -> Query:
    if not prefix:
        return Query()
    return Query(more=parse_query(printed(Term(field, "like", f"{prefix}*"))))


def _option(field: str, value: str, note: str = "") -> Option:
    return Option(printed(Term(field, "is", value)), shown(value, 100), note)
