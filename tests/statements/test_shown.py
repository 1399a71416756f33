"""What is told of a statement: its words, and no value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.capture.statements.tokens import LONGEST
from flask_auditlog.capture.statements.tokens import shown

DIALECTS = ("sqlite", "postgresql", "mysql")
KNOWN = {"users", "id", "name"}

# How "hunter2" may stand in a statement, and where.
EVERYWHERE = [
    "UPDATE users SET name = 'hunter2'",
    "UPDATE users SET name = 'a''hunter2'",
    "UPDATE users SET name = N'hunter2'",
    "UPDATE users SET name = 'hunter2",
    "UPDATE users SET name = 1 -- hunter2",
    "UPDATE users SET name = 1 /* hunter2 */",
    "UPDATE users SET name = 1 /* hunter2",
    'UPDATE users SET name = "hunter2"',
    "UPDATE users SET name = `hunter2`",
    "UPDATE users SET name = '\\'hunter2'",
    "UPDATE users SET name = 'a\\' || 'hunter2' || 'b'",
    "UPDATE users SET name = 'a\\\\' || 'hunter2'",
]
ONLY = {
    "postgresql": [
        "UPDATE users SET name = $$hunter2$$",
        "UPDATE users SET name = $a$ $$ hunter2 $a$",
        "UPDATE users SET name = $a$hunter2",
        "UPDATE users SET name = E'\\'hunter2'",
        "UPDATE users SET name = U&'hunter2'",
        "/* a /* b */ hunter2 */ DELETE FROM users",
    ],
    "mysql": [
        "UPDATE users SET name = 'a' # hunter2",
        "UPDATE users SET name = _utf8'hunter2'",
        'UPDATE users SET name = "a\\"hunter2"',
    ],
}


@pytest.mark.parametrize(
    ("dialect", "text"),
    [(dialect, text) for dialect in DIALECTS for text in [*EVERYWHERE, *ONLY.get(dialect, [])]],
)
def test_no_value_and_no_comment_is_told(dialect: str, text: str) -> None:
    assert "hunter2" not in shown(text, dialect, KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "UPDATE users\n   SET name = 'x'\n WHERE id = 7",
            "UPDATE users SET name = ? WHERE id = ?",
        ),
        ("DELETE FROM users WHERE id = :id", "DELETE FROM users WHERE id = ?"),
        ("DELETE FROM users WHERE id = %(id)s", "DELETE FROM users WHERE id = ?"),
        ("DELETE FROM users WHERE id = $1::int", "DELETE FROM users WHERE id = ?"),
        ("SET id = 1::numeric(9, 2), name = $2::TIMESTAMP WITH TIME ZONE", "SET id = ?, name = ?"),
        ('DELETE FROM "users" WHERE "other" = 1.5e-3', "DELETE FROM users WHERE ? = ?"),
        ("DELETE FROM users -- all\nWHERE id > 0xFF", "DELETE FROM users WHERE id > ?"),
        (
            "INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c')",
            "INSERT INTO users VALUES (?, ?), …",
        ),
        (
            f"DELETE FROM users WHERE id IN ({', '.join('123')}, {', '.join('4567890')})",
            "DELETE FROM users WHERE id IN (?, …)",
        ),
    ],
)
def test_what_is_told(text: str, expected: str) -> None:
    assert shown(text, "postgresql", KNOWN) == expected


@pytest.mark.parametrize("dialect", DIALECTS)
@given(secret=st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])), kind=st.booleans())
def test_a_quoted_value_is_never_told(dialect: str, secret: str, kind: bool) -> None:
    quoted = "'" + secret.replace("\\", "\\\\").replace("'", "''") + "'"
    told = shown(f"UPDATE users SET name = {quoted} WHERE id = 7", dialect, KNOWN)
    assert re.fullmatch(r"UPDATE users SET name = \?( WHERE id = \?| …)", told)


def test_a_long_statement_is_cut() -> None:
    columns = ", ".join(f"column_{number}" for number in range(1000))
    told = shown(f"INSERT INTO users ({columns}) VALUES (1)", "sqlite", KNOWN)
    assert len(told) == LONGEST + 1
    assert told.endswith("…")


def test_of_a_huge_statement_only_the_beginning_is_looked_at() -> None:
    text = "INSERT INTO users VALUES " + ", ".join(["(1, 'hunter2')"] * 200_000)
    assert shown(text, "sqlite", KNOWN) == "INSERT INTO users VALUES (?, ?), …"
