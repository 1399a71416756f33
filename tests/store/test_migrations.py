from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from flask_auditlog.store import migrate
from flask_auditlog.store import schema
from flask_auditlog.store import SqlStore
from flask_auditlog.store import tables
from flask_auditlog.store.charts import hours
from tests.checks import check_log

from .samples import entry
from .samples import opened
from .test_hours import DAY
from .test_hours import HOUR

ROOT = Path(__file__).parents[2]

# Everything a catalog knows of our schema, one text a row.
CATALOG = {
    "sqlite": """
        SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
        WHERE name <> 'audit_version' AND tbl_name <> 'audit_version'""",
    "postgresql": """
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, collation_name,
                         column_default, ordinal_position)
        FROM information_schema.columns
        WHERE table_schema = 'auditlog' AND table_name <> 'audit_version'
        UNION SELECT indexdef FROM pg_indexes
        WHERE schemaname = 'auditlog' AND tablename <> 'audit_version'
        UNION SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'auditlog'::regnamespace
        UNION SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'auditlog'::regnamespace
        UNION SELECT concat_ws(' ', conrelid::regclass::text, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'auditlog'::regnamespace
        AND conrelid <> 'auditlog.audit_version'::regclass""",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """A store in a database with nothing in it, of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        url = request.getfixturevalue("empty_postgres_url")
    with opened(url) as store:
        yield store


def catalog(engine: sa.Engine) -> list[str]:
    """Return what the database says its schema is, with spaces made alike."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(CATALOG[engine.dialect.name]).scalars()
        return sorted(" ".join(row.split()).replace("( ", "(").replace(" )", ")") for row in rows)


def test_an_upgrade_is_safe_twice(new_store: SqlStore) -> None:
    new_store.upgrade()
    new_store.append([entry()])
    new_store.realms.add("acme")
    before = catalog(new_store.engine)
    new_store.upgrade()
    assert catalog(new_store.engine) == before
    assert (check_log(new_store), new_store.realms.all()) == (1, ["acme"])


def test_what_is_to_be_done_is_known_before(new_store: SqlStore) -> None:
    assert new_store.pending() == [
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
        "0010",
        "0011",
        "0012",
        "0013",
        "0014",
    ]
    new_store.upgrade()
    assert new_store.pending() == []


def test_a_log_is_written_before_and_after_an_upgrade(new_store: SqlStore) -> None:
    with new_store.engine.connect() as connection, migrate.alone(connection):
        migrate.to(connection, "0001")
    new_store.append([entry(), entry()])
    assert new_store.pending() == [
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
        "0010",
        "0011",
        "0012",
        "0013",
        "0014",
    ]
    new_store.upgrade()
    new_store.append([entry(), entry()])
    assert check_log(new_store) == 4


def test_the_models_and_the_migrations_make_the_same_schema(new_store: SqlStore) -> None:
    new_store.upgrade()
    migrated = catalog(new_store.engine)
    _remove_all(new_store.engine)
    new_store.create()
    with new_store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE auditlog.audit_version (version_num text)"
            if connection.dialect.name == "postgresql"
            else "SELECT 1"
        )
    assert catalog(new_store.engine) == migrated
    assert len(migrated) > 20


def _remove_all(engine: sa.Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA auditlog CASCADE")
        return
    engine.dispose()
    for path in Path(str(engine.url.database)).parent.glob("new.db*"):
        path.unlink()


def test_alembic_finds_no_difference(new_store: SqlStore) -> None:
    new_store.upgrade()
    postgres = new_store.engine.dialect.name == "postgresql"
    where: Any = tables.SCHEMA if postgres else None
    models = sa.MetaData(naming_convention=tables.metadata.naming_convention)
    for table in schema.with_indexes().sorted_tables:
        table.to_metadata(models, schema=where)

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "schema" or name == where

    with new_store.engine.connect() as connection:
        options = {"include_schemas": postgres, "include_name": ours, "compare_type": True}
        options |= migrate.options(connection)
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, models) == []


def test_an_upgrade_that_fails_leaves_nothing(new_store: SqlStore) -> None:
    postgres = new_store.engine.dialect.name == "postgresql"
    with new_store.engine.begin() as connection:
        if postgres:
            connection.exec_driver_sql("CREATE SCHEMA auditlog")
        # The last table that is made: all the others are there when this one fails.
        connection.exec_driver_sql(f"CREATE TABLE {'auditlog.' * postgres}audit_token (x int)")
    with pytest.raises(sa.exc.DBAPIError):
        new_store.upgrade()
    where = "auditlog" if postgres else None
    assert sa.inspect(new_store.engine).get_table_names(schema=where) == ["audit_token"]


def test_the_days_of_what_was_counted_before_them_are_made_of_its_hours(
    new_store: SqlStore,
) -> None:
    new_store.upgrade()
    times = (-DAY - 1, -DAY, -1, 0, HOUR, DAY - 1, DAY)
    new_store.append(
        [
            entry(time=time, error=error, organization_id="acme")
            for time in times
            for error in (None, "x")
        ]
    )
    new_store.hours.follow(limit=999)
    days = tuple(hours.DAYS.values())

    def rows() -> list[list[sa.Row[tuple[object, ...]]]]:
        with new_store.engine.connect() as connection:
            return [list(connection.execute(sa.select(t).order_by(*t.primary_key))) for t in days]

    followed = rows()
    with new_store.engine.begin() as connection:
        for table in days:
            table.drop(connection)
        schema = "auditlog." * (connection.dialect.name == "postgresql")
        connection.exec_driver_sql(f"UPDATE {schema}audit_version SET version_num = '0013'")
    new_store.upgrade()
    assert rows() == followed


HOST = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_auditlog import AuditLog

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
app.secret_key = "x"
db = SQLAlchemy(app)
Migrate(app, db{options})
audit = AuditLog(app)

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)

@app.get("/")
def index():
    audit.record("note.read")
    return ""
"""

# What the docs give to hosts that compare all schemas.
RECIPE = """

def include_name(name, kind, parents):
    return not (kind == "schema" and name == "auditlog")
"""


@pytest.mark.parametrize("all_schemas", [False, True])
def test_a_hosts_migrations_see_nothing_of_ours(
    postgres_url: str, tmp_path: Path, all_schemas: bool
) -> None:
    options = ", include_schemas=True, include_name=include_name" if all_schemas else ""
    host = HOST.format(url=postgres_url, options=options)
    first, rest = host.split("app = Flask", 1)
    (tmp_path / "app.py").write_text(f"{first}{RECIPE}\napp = Flask{rest}")
    try:
        flask_db(tmp_path, ["init"], ["migrate"], ["upgrade"], ["migrate"])
        made = [path.read_text() for path in (tmp_path / "migrations/versions").glob("*.py")]
        assert len(made) == 1
        assert "note" in made[0]
        assert "audit" not in made[0]
    finally:
        engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS note, alembic_version")


COMMANDS = """
import json, sys
from flask.cli import main
for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = ["--app", "app", "db", *arguments]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
"""


def flask_db(folder: Path, *commands: list[str]) -> None:
    """Run ``flask db ...`` in *folder*, one command after the other."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    command = [sys.executable, "-c", COMMANDS, json.dumps(commands)]
    done = subprocess.run(
        command, cwd=folder, check=False, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
