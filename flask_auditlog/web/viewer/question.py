"""What a viewer's address asks for: a few parameters, and none that could name a scope. Pure."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict

from ...errors import QueryError
from ...export import FORMATS
from ...recorder.plain import clip
from ...store.language import Expression
from ...store.language import parse_query
from ...store.language.expression import all_of
from ...store.query import Query
from ..args import checked
from ..words import N_

# What the menus say, and what each finds in the query language.
KINDS: Mapping[str, tuple[str, str]] = {
    "": (N_("Everything"), ""),
    "logins": (N_("Logins"), "type:access.* -type:access.REQUEST -type:access.PERMISSION_DENIED"),
    "changes": (N_("Changes"), "type:admin.*"),
    "failures": (N_("Failures"), "error:*"),
    "reads": (N_("Looks at this log"), "type:admin.AUDIT_LOG-*"),
}
SPANS: Mapping[str, tuple[str, str]] = {
    "": (N_("Any time"), ""),
    "1d": (N_("Last 24 hours"), "after:-24h"),
    "7d": (N_("Last 7 days"), "after:-7d"),
    "30d": (N_("Last 30 days"), "after:-30d"),
    "90d": (N_("Last 90 days"), "after:-90d"),
}
# What may be asked of a page, and of a file.
PAGE = ("q", "kind", "since", "cursor", "open")
FILE = ("q", "kind", "since", "format")
# Of the files that there are, those that a person opens.
FILES = ("csv", "ndjson", "json")


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of a page. A file has a format beside them, and no cursor.

    ``open`` is the uid of the event that is open beside the others, as it was sent: what is found
    by it is what the link may show.
    """

    q: str = ""
    kind: str = ""
    since: str = ""
    cursor: str | None = None
    format: str | None = None
    open: str | None = None

    @property
    def query(self) -> Query:
        """What is searched for. :raises QueryError: when ``q`` cannot be read."""
        said = [*_said(KINDS[self.kind][1]), *_said(SPANS[self.since][1])]
        if self.q:
            said.append(parse_query(self.q))

        return Query(more=all_of(said))

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not (self.q or self.kind or self.since)

    def at(self, cursor: str | None) -> Question:
        """The same, at another page of results."""
        return replace(self, cursor=cursor)

    def pairs(self, names: Sequence[str] = PAGE) -> dict[str, Any]:
        """The parameters of its own address, or those of a file."""
        said = {name: getattr(self, name) for name in names}
        return {name: value for name, value in said.items() if value}


def question_of(sent: Iterable[tuple[str, str]], names: Collection[str]) -> Question:
    """Read the address's parameters; empty ones are what a form sends.

    :param names: those that may be there.
    :raises QueryError: for any other name, or a value that is none of its menu's. Nothing is
        read past what could not be read.
    """
    given = checked(MultiDict([(k, v) for k, v in sent if v.strip() or k not in names]))
    for name in given:
        if name not in names:
            raise unknown(name)
    for name, menu in (("kind", KINDS), ("since", SPANS)):
        if given.get(name, "") not in menu:
            raise QueryError(f"`{name}` is none of its menu.", field=name)

    return Question(**given)


def file_of(sent: Iterable[tuple[str, str]]) -> tuple[Question, Query]:
    """Read the parameters of a file, and what is searched for.

    :raises QueryError: as :func:`question_of`, or when the query cannot be read.
    """
    question = question_of(sent, FILE)
    if question.format not in files():
        raise QueryError(f"`format` must be one of {', '.join(files())}.", field="format")

    return question, question.query


def files() -> list[str]:
    """The names of the formats that a file may have."""
    return [name for name in FILES if name in FORMATS]


def unknown(name: str) -> QueryError:
    """The error for a parameter that is not read here."""
    shown = clip(name)

    return QueryError(f"`{shown}` cannot be asked for here.", field=shown)


@lru_cache(maxsize=32)
def _said(text: str) -> tuple[Expression, ...]:
    """What a menu finds."""
    return (parse_query(text),) if text else ()
