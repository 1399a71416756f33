"""SQL text -> the tables it writes to. Pure. In doubt it tells of a write, and is never silent."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from .tokens import MYSQL
from .tokens import Token
from .tokens import tokens

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Text:
    """That a text writes to a table.

    ``counted`` says whether the database's row count is that of this write: it is not for one
    of several statements, and for one inside another (``WITH x AS (DELETE …) SELECT …``).
    """

    operation: Operation
    schema: str | None
    table: str
    counted: bool = True

    @property
    def fullname(self) -> str:
        """The table's name, with its schema if the text gives one."""
        return self.table if self.schema is None else f"{self.schema}.{self.table}"


# Words between the verb and the table.
_FILLING = frozenset(
    "INTO ONLY TABLE FROM LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE OVERWRITE CONCURRENTLY".split()
)
# What is no statement: `FOR UPDATE`, `DO UPDATE`, `KEY UPDATE`, `INSERT OR REPLACE`, MERGE's `THEN UPDATE`.
_NO_VERB_AFTER = {
    "UPDATE": frozenset("FOR KEY DO ON THEN OR".split()),
    "REPLACE": frozenset({"OR"}),
    "INSERT": frozenset({"THEN"}),
}
# What stands before a statement inside another one.
_BEGINS = frozenset("AS ( ) THEN BEGIN ELSE LOOP ANALYZE".split())
# After what the tables of a statement are only read.
_ENDS = frozenset("SET WHERE USING RETURNING VALUES SELECT ORDER LIMIT DEFAULT WHEN".split())
_RESERVED = (
    _ENDS
    | _FILLING
    | frozenset(
        "ON AS AND OR IS NOT IN NULL TO JOIN LEFT RIGHT INNER OUTER CROSS NATURAL CASCADE".split()
    )
)
_VERBS: dict[str, Operation] = {
    "INSERT": "CREATE",
    "REPLACE": "UPDATE",
    "UPDATE": "UPDATE",
    "MERGE": "UPDATE",
    "DELETE": "DELETE",
    "TRUNCATE": "DELETE",
    "COPY": "CREATE",
    "LOAD": "CREATE",
}
# Those of which no database tells how many rows there were.
_UNCOUNTED = frozenset({"TRUNCATE", "COPY", "LOAD"})
# What defines something: the statements in it are run later, or never.
_DEFINES = frozenset("TRIGGER FUNCTION PROCEDURE RULE EVENT".split())


@lru_cache(maxsize=500)
def writes(text: str, dialect: str) -> tuple[Text, ...]:
    """Return what *text* writes to, each table once for each operation.

    Where a backslash stands in it, both readings of that count: which of them is right is a
    setting of the server.
    """
    readings = (False, True) if "\\" in text else (None,)
    found = [w for escapes in readings for w in _writes(text, dialect, escapes=escapes)]

    return tuple(dict.fromkeys(found))


def _writes(text: str, dialect: str, *, escapes: bool | None, depth: int = 0) -> list[Text]:
    statements = list(_statements(text, dialect, escapes=escapes))
    found: list[Text] = []
    for statement in statements:
        if _is_harmless(statement):
            continue
        for token in statement:
            if token.kind == "body" and statement[0].text.upper() == "DO" and depth < 3:
                found += _writes(token.text, dialect, escapes=escapes, depth=depth + 1)
        verbs = [index for index in range(len(statement)) if _is_verb(statement, index)]
        alone = len(statements) == len(verbs) == 1 and depth == 0
        for index in verbs:
            found += _written(statement, index, dialect, alone=alone)

    return found


def _statements(text: str, dialect: str, *, escapes: bool | None) -> Iterator[Sequence[Token]]:
    """Cut *text* at its semicolons, but for those in the body of a trigger or a function."""
    statement: list[Token] = []
    blocks = 0
    for token in tokens(text, dialect, escapes=escapes):
        if token.kind == "space":
            continue
        word = token.text.upper() if token.kind == "word" else ""
        if _defines(statement):
            blocks += {"BEGIN": 1, "CASE": 1, "END": -1}.get(word, 0)
        if token.text == ";" and token.kind == "mark" and blocks <= 0:
            if statement:
                yield statement
            statement, blocks = [], 0
        else:
            statement.append(token)
    if statement:
        yield statement


def _defines(statement: Sequence[Token]) -> bool:
    if not statement or statement[0].text.upper() != "CREATE":
        return False
    return any(t.kind == "word" and t.text.upper() in _DEFINES for t in statement[1:6])


def _is_harmless(statement: Sequence[Token]) -> bool:
    """Whether the statement only defines or explains what is written in it."""
    first = statement[0].text.upper()
    if first == "EXPLAIN":
        return all(t.text.upper() != "ANALYZE" for t in statement if t.kind == "word")
    return first in ("GRANT", "REVOKE", "COMMENT") or _defines(statement)


def _written(
    statement: Sequence[Token], index: int, dialect: str, *, alone: bool
) -> Iterator[Text]:
    """Yield what is written by the verb at *index*."""
    verb = statement[index]
    word = verb.text.upper()
    operation = _VERBS[word]
    if word == "INSERT" and _overwrites(statement[index + 1 :]):
        operation = "UPDATE"
    # A count is that of the outermost verb.
    counted = alone and verb.depth == 0 and word not in _UNCOUNTED and _is_run(statement[0])
    for schema, table in _targets(word, statement[index + 1 :], verb.depth, dialect):
        yield Text(operation, schema, table, counted)


def _is_run(first: Token) -> bool:
    return first.text.upper() in _VERBS or first.text.upper() == "WITH"


def _overwrites(rest: Sequence[Token]) -> bool:
    """Whether an INSERT may change a row that is there."""
    words = [token.text.upper() for token in rest if token.kind == "word"]
    pairs = set(pairwise(words))

    return not pairs.isdisjoint({("OR", "REPLACE"), ("DO", "UPDATE"), ("KEY", "UPDATE")})


def _is_verb(statement: Sequence[Token], index: int) -> bool:
    word = statement[index].text.upper()
    if statement[index].kind != "word" or word not in _VERBS:
        return False
    before = statement[index - 1].text.upper() if index else ""
    after = statement[index + 1].text.upper() if index + 1 < len(statement) else ""
    if word in ("COPY", "LOAD", "TRUNCATE", "MERGE"):
        return index == 0 or before in _BEGINS
    if word == "DELETE" and before == "THEN":
        # MERGE … WHEN MATCHED THEN DELETE.
        return after == "FROM"
    if before in _NO_VERB_AFTER.get(word, ()):
        return False
    return after not in ("(", ".", "")


def _targets(
    word: str, rest: Sequence[Token], depth: int, dialect: str
) -> Iterator[tuple[str | None, str]]:
    several = word == "TRUNCATE" or (word in ("UPDATE", "DELETE") and dialect in MYSQL)
    if word == "LOAD":
        rest = rest[_position(rest, "INTO") :]
    elif word == "COPY" and _position(rest, "FROM") == len(rest):
        return
    names = _names(_before_the_end(rest, depth, using=several and word == "DELETE"))
    for name in names:
        yield name
        if not several:
            return


def _position(rest: Sequence[Token], word: str) -> int:
    places = (i for i, t in enumerate(rest) if t.kind == "word" and t.text.upper() == word)

    return next(places, len(rest))


def _before_the_end(rest: Sequence[Token], depth: int, *, using: bool) -> Iterator[Token]:
    """Yield the tokens in which the tables stand.

    :param using: whether those after USING are written to as well, as MySQL may.
    """
    for token in rest:
        word = token.text.upper() if token.kind == "word" else ""
        if token.depth < depth or (word in _ENDS and not (using and word == "USING")):
            return
        yield token


def _names(rest: Iterator[Token]) -> Iterator[tuple[str | None, str]]:
    """Yield the qualified names in *rest*: the last two parts of each."""
    parts: list[str] = []
    dotted = skipping = False
    for token in rest:
        if skipping:
            # `INSERT OR REPLACE`, `UPDATE OR IGNORE`: the word after OR is no name.
            skipping = False
        elif token.text == ".":
            dotted = True
        elif token.kind == "word" and token.text.upper() == "OR":
            skipping = True
        elif _is_name(token):
            if parts and not dotted:
                yield _qualified(parts)
                parts = []
            parts.append(token.text)
            dotted = False
    if parts:
        yield _qualified(parts)


def _is_name(token: Token) -> bool:
    if token.kind == "word":
        return token.text.upper() not in _RESERVED
    # A text where a name must stand: SQLite and MySQL take it for one.
    return token.kind in ("name", "value") and token.text not in ("?",)


def _qualified(parts: Sequence[str]) -> tuple[str | None, str]:
    table = parts[-1].strip("\"'[]")

    return (parts[-2] if len(parts) > 1 else None), table
