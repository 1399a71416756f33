"""The host's autogenerate leaves the inbox alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import flask_sqlalchemy
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import Migrate

from flask_auditlog import AuditLog
from flask_auditlog import include_name
from tests.apps import close

# Of the env.py that Flask-Migrate writes.
pytestmark = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")

audit = AuditLog()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what env.py does for a process of its own: it turns off every logger there is."""
    names = [None, *logging.root.manager.loggerDict]
    before = {name: dict(vars(logging.getLogger(name))) for name in names}
    handlers = {name: list(kept["handlers"]) for name, kept in before.items()}
    yield
    for name, kept in before.items():
        vars(logging.getLogger(name)).update(kept | {"handlers": handlers[name]})
    logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined]  # noqa: SLF001 (levels are cached)


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'host.db'}"
    if request.param == "mariadb":
        pytest.importorskip("pymysql")
    name = {"mariadb": "mariadb_url", "postgresql": "empty_postgres_url"}[request.param]
    found: str = request.getfixturevalue(name)
    return found


@pytest.fixture(params=["migrate first", "log first"])
def host(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app with a model, Flask-Migrate and a log, and an event in its inbox."""
    app = Flask("host", root_path=str(tmp_path))
    app.config.update(TESTING=True, SQLALCHEMY_DATABASE_URI=url)
    db = flask_sqlalchemy.SQLAlchemy(app)
    sa.Table("thing", db.metadata, sa.Column("id", sa.Integer, primary_key=True))

    def own(name: str, type_: str, parent_names: object) -> bool:
        return name != "kept"

    migrate = Migrate(directory=str(tmp_path / "migrations"))
    if request.param == "migrate first":
        migrate.init_app(app, db, include_name=own)
    audit.init_app(app)
    if request.param == "log first":
        migrate.init_app(app, db, include_name=own)
    with app.app_context():
        db.session.execute(sa.text("CREATE TABLE kept (n integer)"))
        audit.record("a", session=db.session)
        db.session.commit()
    yield app
    close(app)
    with app.app_context():
        db.engine.dispose()


def test_a_migration_of_the_host_does_not_drop_the_inbox(host: Flask, tmp_path: Path) -> None:
    runner = host.test_cli_runner()
    for words in (["init"], ["migrate"], ["upgrade"]):
        result = runner.invoke(args=["db", *words])
        assert result.exit_code == 0, result.output
    (made,) = (tmp_path / "migrations" / "versions").glob("*.py")
    assert "create_table('thing'" in made.read_text()
    assert "audit" not in made.read_text()
    # The app's own rule holds as before.
    assert "kept" not in made.read_text()


def test_without_flask_migrate_alembic_is_told(url: str) -> None:
    engine = sa.create_engine(url)
    app = Flask("plain")
    app.config["TESTING"] = True
    audit.init_app(app)
    with app.app_context(), engine.begin() as connection:
        audit.record("a", session=connection)
    seen = {}
    for name in (include_name, None):
        with engine.connect() as connection:
            options = {"include_name": name, "include_schemas": url.startswith("postgresql")}
            context = MigrationContext.configure(connection, opts=options)
            seen[name] = compare_metadata(context, sa.MetaData())
    assert seen[include_name] == []
    assert "audit_inbox" in str(seen[None])
    close(app)
    engine.dispose()
