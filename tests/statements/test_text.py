"""What SQL text writes to: a table of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.capture.statements.text import writes

# A write as it stands in the tables below: operation, name, and whether its rows are counted.
Said = set[tuple[str, str, bool]]


def said(text: str, dialect: str) -> Said:
    return {(write.operation, write.fullname, write.counted) for write in writes(text, dialect)}


ANYWHERE: dict[str, Said] = {
    "UPDATE users SET x = 1": {("UPDATE", "users", True)},
    "update\n\tusers\nset x=1": {("UPDATE", "users", True)},
    "INSERT INTO users (id) VALUES (1)": {("CREATE", "users", True)},
    "insert into users(id) select id from others": {("CREATE", "users", True)},
    "DELETE FROM users": {("DELETE", "users", True)},
    "DELETE FROM users WHERE id IN (SELECT user_id FROM orders)": {("DELETE", "users", True)},
    "DELETE FROM app.users WHERE id = 1": {("DELETE", "app.users", True)},
    "DELETE FROM host . app . users": {("DELETE", "app.users", True)},
    "DELETE /* all */ FROM -- of them\n users": {("DELETE", "users", True)},
    "/* UPDATE orders SET x = 1 */ DELETE FROM users": {("DELETE", "users", True)},
    "WITH old AS (SELECT 1) DELETE FROM users": {("DELETE", "users", True)},
    "INSERT INTO users VALUES (1); UPDATE orders SET x = 1": {
        ("CREATE", "users", False),
        ("UPDATE", "orders", False),
    },
    "SELECT 1; DELETE FROM users;": {("DELETE", "users", False)},
    ";;DELETE FROM users;;": {("DELETE", "users", True)},
    "INSERT INTO users VALUES (1) RETURNING id": {("CREATE", "users", True)},
    "UPDATE users": {("UPDATE", "users", True)},
    "DELETE FROM users WHERE name = 'it''s; UPDATE orders SET x=1'": {("DELETE", "users", True)},
    "DELETE FROM users WHERE name = 'unfinished": {("DELETE", "users", True)},
    "UPDATE users SET note = /* unfinished": {("UPDATE", "users", True)},
    "DELETE FROM Ünïcode WHERE x = 1": {("DELETE", "Ünïcode", True)},
    # Nothing is written.
    "": set(),
    "DELETE": set(),
    "SELECT * FROM users": set(),
    "SELECT 'DELETE FROM users'": set(),
    "SELECT replace(name, 'a', 'b'), insert(1) FROM users": set(),
    "SELECT updated FROM users ORDER BY deleted": set(),
    "SELECT * FROM users -- DELETE FROM users": set(),
    "SELECT * FROM users FOR UPDATE": set(),
    "SAVEPOINT update_users": set(),
    "GRANT UPDATE, DELETE ON users TO bob": set(),
    "CREATE TABLE users (id INTEGER REFERENCES o ON UPDATE CASCADE ON DELETE CASCADE)": set(),
    "EXPLAIN DELETE FROM users": set(),
    "CREATE TRIGGER t AFTER UPDATE ON users BEGIN DELETE FROM orders; SELECT 1; END": set(),
    # What only defines something does not hide what comes after it.
    "CREATE TRIGGER t AFTER UPDATE ON users BEGIN DELETE FROM orders; END; DELETE FROM users": {
        ("DELETE", "users", False)
    },
}
SQLITE: dict[str, Said] = {
    'UPDATE "users" SET x = 1': {("UPDATE", "users", True)},
    "UPDATE [users] SET x = 1": {("UPDATE", "users", True)},
    "UPDATE `users` SET x = 1": {("UPDATE", "users", True)},
    "DELETE FROM 'users'": {("DELETE", "users", True)},
    'DELETE FROM "a""b"': {("DELETE", 'a"b', True)},
    "UPDATE OR IGNORE main.users SET x = 1": {("UPDATE", "main.users", True)},
    "INSERT OR IGNORE INTO users VALUES (1)": {("CREATE", "users", True)},
    "INSERT OR REPLACE INTO users VALUES (1)": {("UPDATE", "users", True)},
    "REPLACE INTO users VALUES (replace('a', 'b', 'c'))": {("UPDATE", "users", True)},
    "/* a /* b */ DELETE FROM users": {("DELETE", "users", True)},
    "INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET x = 2": {
        ("UPDATE", "users", True)
    },
    "INSERT INTO users VALUES (1) ON CONFLICT DO NOTHING": {("CREATE", "users", True)},
    # Where \ ends no text, this deletes; where it does, it does not. In doubt it is told.
    "SELECT '\\'; DELETE FROM users --'": {("DELETE", "users", False)},
}
POSTGRESQL: dict[str, Said] = {
    "WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone": {("DELETE", "users", False)},
    "WITH g AS (DELETE FROM users RETURNING *) INSERT INTO old SELECT * FROM g": {
        ("DELETE", "users", False),
        ("CREATE", "old", False),
    },
    "UPDATE ONLY users AS u SET x = o.x FROM orders o WHERE o.id = u.id": {
        ("UPDATE", "users", True)
    },
    "DELETE FROM ONLY users USING orders": {("DELETE", "users", True)},
    "TRUNCATE TABLE users, app.orders CASCADE": {
        ("DELETE", "users", False),
        ("DELETE", "app.orders", False),
    },
    "COPY users FROM STDIN": {("CREATE", "users", False)},
    "COPY users (id, name) FROM '/tmp/x' WITH (FORMAT csv)": {("CREATE", "users", False)},
    "COPY users TO STDOUT": set(),
    "MERGE INTO users u USING new n ON u.id = n.id WHEN MATCHED THEN UPDATE SET x = 1 "
    "WHEN NOT MATCHED THEN INSERT VALUES (1)": {("UPDATE", "users", True)},
    "DO $$ BEGIN DELETE FROM users; END $$": {("DELETE", "users", False)},
    "DO $outer$ BEGIN EXECUTE $$DELETE FROM users$$; UPDATE orders SET x = 1; END $outer$": {
        ("UPDATE", "orders", False)
    },
    "SELECT $$DELETE FROM users$$": set(),
    "/* a /* b */ DELETE FROM users */ SELECT 1": set(),
    "EXPLAIN (ANALYZE) UPDATE users SET x = 1": {("UPDATE", "users", False)},
    "SELECT * FROM users FOR NO KEY UPDATE": set(),
    "SELECT E'\\'' ; DELETE FROM users": {("DELETE", "users", False)},
    "UPDATE users SET tags = tags || '{a}'::text[] WHERE x #> '{b}' = 'c'": {
        ("UPDATE", "users", True)
    },
    'DELETE FROM U&"users"': {("DELETE", "users", True)},
    "PREPARE p AS DELETE FROM users": {("DELETE", "users", False)},
}
MYSQL: dict[str, Said] = {
    'UPDATE `users` SET x = "DELETE FROM orders"': {("UPDATE", "users", True)},
    "INSERT users SET x = 1": {("CREATE", "users", True)},
    "INSERT IGNORE INTO users VALUES (1)": {("CREATE", "users", True)},
    "INSERT INTO users VALUES (1) ON DUPLICATE KEY UPDATE x = 1": {("UPDATE", "users", True)},
    "REPLACE users VALUES (1)": {("UPDATE", "users", True)},
    "DELETE LOW_PRIORITY QUICK FROM users": {("DELETE", "users", True)},
    "/*!50000 DELETE FROM users */": {("DELETE", "users", True)},
    "/*M!100100 DELETE FROM users */": {("DELETE", "users", True)},
    "SELECT 5--1; DELETE FROM users": {("DELETE", "users", False)},
    "SELECT 1 # x\n; DELETE FROM users": {("DELETE", "users", False)},
    "SELECT 'a\\'b'; DELETE FROM users": {("DELETE", "users", False)},
    "LOAD DATA INFILE 'x' REPLACE INTO TABLE users": {
        ("CREATE", "users", False),
        ("UPDATE", "users", False),
    },
    "TRUNCATE users": {("DELETE", "users", False)},
}
TABLES = {
    "sqlite": {**ANYWHERE, **SQLITE},
    "postgresql": {**ANYWHERE, **POSTGRESQL},
    "mysql": {**ANYWHERE, **MYSQL},
    "mariadb": MYSQL,
}


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [(dialect, *row) for dialect, table in TABLES.items() for row in table.items()],
)
def test_what_a_text_writes_to(dialect: str, text: str, expected: Said) -> None:
    assert said(text, dialect) == expected


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("UPDATE users u JOIN orders o ON u.id = o.user SET u.x = 1, o.x = 2", {"users", "orders"}),
        ("DELETE u, o FROM users u JOIN orders o ON u.id = o.user", {"users", "orders"}),
        ("DELETE FROM u USING users u JOIN orders o ON u.id = o.user WHERE 1", {"users", "orders"}),
    ],
)
def test_of_several_tables_that_mysql_joins_each_may_be_written_to(
    text: str, tables: set[str]
) -> None:
    assert tables <= {write.table for write in writes(text, "mysql")}


SIGNS = [*"'\"`\\;()[]$#?-/*.,: \n", "--", "/*", "*/", "/*!", "$$", "$a$", "E'", 'U&"', "::", ":x"]
WORDS = "DELETE FROM UPDATE SET INSERT INTO users WITH AS DO BEGIN END CREATE TRIGGER OR %s".split()
SQL = st.lists(st.sampled_from(SIGNS + WORDS), max_size=30).map(" ".join)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@given(text=SQL | st.text())
def test_whatever_the_text_it_is_read_to_its_end(dialect: str, text: str) -> None:
    assert isinstance(writes(text, dialect), tuple)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@given(before=st.text(alphabet="abc ,=()*.'", max_size=30).filter(lambda t: t.count("'") % 2 == 0))
def test_a_write_behind_a_whole_statement_is_never_missed(dialect: str, before: str) -> None:
    assert ("DELETE", "users") in {
        (write.operation, write.table) for write in writes(f"{before}; DELETE FROM users", dialect)
    }
