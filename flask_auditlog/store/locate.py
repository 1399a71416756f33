"""Where the log lives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import ConfigError

NOWHERE = (
    "The audit log has no database. Set AUDITLOG_DATABASE_URL, for example to "
    "postgresql://user:password@host/name or sqlite:////var/lib/app/auditlog.db. "
    "(Only under debug or testing is one made in the instance folder: a container would "
    "erase the evidence at its next deploy.)"
)


def check_url(url: str) -> None:
    """Raise :class:`ConfigError` if *url* cannot be a database's. Opens nothing."""
    try:
        sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ConfigError("AUDITLOG_DATABASE_URL is not a database URL.") from error


def locate(
    given: str | sa.Engine | None, host: Any, *, instance: str, debug: bool
) -> str | sa.Engine:
    """Return the URL or engine of the log's database.

    :param given: what was configured or passed to ``init_app``; it always wins. A SQLite
        engine stands for a file beside its own: in the host's, each of its transactions
        would stop the log, and its migrations would see our tables.
    :param host: the host's Flask-SQLAlchemy or Flask-SQLAlchemy-Lite, or ``None``. Its
        default bind is taken if it is PostgreSQL.
    :param instance: the app's instance folder, for SQLite.
    :raises ConfigError: when there is none, and this is neither debug nor testing.
    """
    if isinstance(given, str):
        return given
    if given is not None:
        return _beside(given)
    engine = _engine_of(host)
    if engine is not None and engine.dialect.name == "postgresql":
        return engine
    if not debug:
        raise ConfigError(NOWHERE)
    folder = Path(instance)
    folder.mkdir(parents=True, exist_ok=True)

    return f"sqlite:///{folder / 'auditlog.db'}"


def _beside(engine: sa.Engine) -> str | sa.Engine:
    """Return *engine*, or the URL of a file beside it when it is a file of SQLite."""
    database = engine.url.database or ":memory:"
    if engine.dialect.name != "sqlite" or database.startswith((":", "file:")):
        return engine
    file = Path(database)

    return f"sqlite:///{file.with_name(f'{file.stem}-auditlog.db')}"


def _engine_of(host: Any) -> sa.Engine | None:
    """Return the engine of the default bind, or the asynchronous one if that is all there is."""
    found = (core_of(_asked(host, name)) for name in ("engine", "async_engine"))

    return next((engine for engine in found if isinstance(engine, sa.Engine)), None)


def engines_of(host: Any) -> list[sa.Engine]:
    """Return the engines of every bind of Flask-SQLAlchemy or Flask-SQLAlchemy-Lite."""
    binds = (_asked(host, name) or {} for name in ("engines", "async_engines"))

    return [core_of(engine) for each in binds for engine in each.values()]


def core_of(engine: Any) -> Any:
    """Return the engine inside of an ``AsyncEngine``. Any other one is returned as it is."""
    return getattr(engine, "sync_engine", engine)


def _asked(host: Any, name: str) -> Any:
    """Both extensions raise for what is not configured, and one knows nothing asynchronous."""
    try:
        return getattr(host, name)
    except (AttributeError, KeyError, RuntimeError):
        return None
