"""SQL text -> its words, without what may be a secret. Pure.

Not a parser: it knows what a literal, a name and a comment look like in each of the
databases, and nothing of what they mean together.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from typing import Literal
from typing import NamedTuple

Kind = Literal["word", "name", "value", "body", "mark", "space"]

# Databases in which " begins a text, \ escapes in one, and # begins a comment.
MYSQL = frozenset({"mysql", "mariadb"})


class Token(NamedTuple):
    """One word of a statement.

    ``word`` is a keyword or an unquoted name, ``name`` a quoted one (without its quotes),
    ``value`` a literal or a placeholder, ``body`` a text that may hold statements
    (PostgreSQL's ``$$ … $$``), ``mark`` a sign. ``depth`` counts the open parentheses.
    """

    kind: Kind
    text: str
    depth: int


# Each alternative ends at the end of the text at the latest: what is not closed is one token.
_QUOTED = r"""(?:[^{q}]|{q}{q})*(?:{q}|\Z)"""
_SINGLE, _DOUBLE, _TICK = (_QUOTED.format(q=quote) for quote in ("'", '"', "`"))
_ESCAPED = r"""(?:[^{q}\\]|{q}{q}|\\(?s:.))*(?:{q}|\\?\Z)"""


def _grammar(*, mysql: bool, escapes: bool) -> re.Pattern[str]:
    """Return how a text is cut up.

    :param escapes: whether a backslash escapes in any text. In PostgreSQL it does after ``E``.
    """
    single = _ESCAPED.format(q="'") if escapes else _SINGLE
    double = _ESCAPED.format(q='"') if escapes else _DOUBLE
    escaped = _ESCAPED.format(q="'")
    parts = {
        # MySQL executes what stands in /*! */: only its signs are left out.
        "space": r"\s+|/\*M?!\d*|\*/" if mysql else r"\s+",
        "line": r"--(?=\s|\Z)[^\n]*|\#[^\n]*" if mysql else r"--[^\n]*",
        "block": r"/\*",
        "string": rf"(?:[xXbBnN]|[uU]&)?'{single}|[eE]'{escaped}"
        + (rf'|"{double}' if mysql else ""),
        "dollar": r"(?!)" if mysql else r"\$(?P<tag>(?:[^\W\d]\w*)?)\$(?s:.*?)(?:\$(?P=tag)\$|\Z)",
        "quoted": rf"`{_TICK}" + (rf'|(?:[uU]&)?"{_DOUBLE}' if not mysql else ""),
        "cast": r"::",
        "bind": r"\?|[:@]\w+|\$\d+|%\(\w+\)s|%s",
        "number": r"\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?",
        "word": r"[^\W\d][\w$]*",
        "mark": r"(?s:.)",
    }
    return re.compile("|".join(f"(?P<{name}>{part})" for name, part in parts.items()))


_GRAMMARS = {
    (mysql, escapes): _grammar(mysql=mysql, escapes=escapes)
    for mysql in (False, True)
    for escapes in (False, True)
}
_KINDS: dict[str, Kind] = {
    "space": "space",
    "line": "space",
    "string": "value",
    "dollar": "body",
    "quoted": "name",
    "bind": "value",
    "number": "value",
    "word": "word",
}
_BLOCK = re.compile(r"/\*|\*/")


def tokens(text: str, dialect: str, *, escapes: bool | None = None) -> Iterator[Token]:
    """Yield the tokens of *text*, with one ``space`` for whitespace and comments.

    :param dialect: SQLAlchemy's name of the database.
    :param escapes: whether a backslash escapes in a text; ``None`` for the database's default.
    """
    mysql = dialect in MYSQL
    match = _GRAMMARS[mysql, mysql if escapes is None else escapes].match
    position = depth = 0
    while (found := match(text, position)) is not None:
        group, position = found.lastgroup or "", found.end()
        if group == "tag":
            group = "dollar"
        if group == "block":
            position = _end_of_comment(text, position, nested=dialect == "postgresql")
            group = "space"
        value = found[0]
        if value == ")":
            depth = max(0, depth - 1)
        yield Token(_KINDS.get(group, "mark"), _bare(group, value), depth)
        if value == "(":
            depth += 1


def _end_of_comment(text: str, position: int, *, nested: bool) -> int:
    depth = 1
    while depth:
        sign = _BLOCK.search(text, position)
        if sign is None:
            return len(text)
        position = sign.end()
        depth += (1 if nested else 0) if sign[0] == "/*" else -1

    return position


def _bare(group: str, text: str) -> str:
    if group == "dollar":
        return text.split("$", 2)[-1].rpartition("$")[0].rpartition("$")[0]
    if group == "quoted":
        text = text[2:] if text[0] in "uU" else text
        quote = text[0]
        return text[1:].removesuffix(quote).replace(quote * 2, quote)
    return " " if _KINDS.get(group) == "space" or group == "block" else text


# In characters of SQL: as much of a statement as is looked at to show it.
SHOWN = 4_000
LONGEST = 1_000

_ROWS = re.compile(r"(\(\s*\?(?:\s*,\s*\?)*\s*\))(?:\s*,\s*\1)+")
# psycopg is told the type of each parameter.
_TYPED = re.compile(
    r"\?::\w+(?:\(\?(?:, \?)?\))?(?: (?:VARYING|PRECISION|WITH(?:OUT)? TIME ZONE))?(?:\[\])?", re.I
)
_CUT = re.compile(r"(?<=…),[\s?,(]*\Z")
_VALUES = re.compile(r"\?(?:\s*,\s*\?){9,}")


def shown(text: str, dialect: str, known: Collection[str]) -> str:
    """Return what a statement does, in one line without any value and any comment.

    :param known: names that are told though they stand in quotes, in lower case. Others are
        not: where a column is missing, SQLite takes ``"hunter2"`` for a text.
    """
    parts: list[str] = []
    for token in tokens(text[:SHOWN], dialect):
        parts.append(_told(token, known))
        if token.kind == "value" and "\\" in token.text:
            # Where it ends depends on a setting of the server: nothing behind it is shown.
            return f"{_line(parts)} …"
    line = _line(parts)
    if len(text) > SHOWN and (more := _CUT.search(line)):
        # The last of the rows or values is not whole.
        return line[: more.start()]

    return line if len(text) <= SHOWN and len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _told(token: Token, known: Collection[str]) -> str:
    if token.kind in ("value", "body") or (
        token.kind == "name" and token.text.casefold() not in known
    ):
        return "?"
    return token.text


def _line(parts: list[str]) -> str:
    line = _TYPED.sub("?", " ".join("".join(parts).split()))

    return _VALUES.sub("?, …", _ROWS.sub(r"\1, …", line))
