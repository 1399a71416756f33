"""The store: one append-only log in SQLite or PostgreSQL."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from collections.abc import Sequence

import sqlalchemy as sa

from ..event import Copy
from ..event import Entry
from ..event import Record
from ..settings import Limits
from . import schema
from .append.answers import SqlAnswers
from .append.appending import appender_for
from .append.writer import Writer
from .charts.figures import SqlFigures
from .charts.hours import SqlHours
from .followers import SqlFollowers
from .kept.exports import SqlFiles
from .kept.links import SqlViewerLinks
from .kept.registers import SqlRealms
from .kept.registers import SqlTokens
from .kept.saved import SqlSavedViews
from .outbox.deliveries import SqlDeliveries
from .outbox.endpoints import SqlEndpoints
from .outbox.healths import SqlHealths
from .outbox.keyring import SqlKeyring
from .outbox.measures import SqlMeasures
from .outbox.replays import SqlReplays
from .outbox.sent import SqlSent
from .outbox.upkeep import SqlUpkeep
from .promises import Answers
from .promises import Appended
from .promises import Key
from .promises import Realms
from .promises import Tokens
from .promises import Types
from .promises import Upgrade
from .promises.again import Replays
from .promises.files import Files
from .promises.keeping import Keyring
from .promises.keeping import Measures
from .promises.keeping import Upkeep
from .promises.looking import Around
from .promises.looking import Feed
from .promises.looking import Figures
from .promises.looking import Hours
from .promises.looking import Sieve
from .promises.outward import Deliveries
from .promises.outward import Endpoints
from .promises.outward import Followers
from .promises.outward import Healths
from .promises.outward import Sent
from .promises.saving import SavedViews
from .promises.viewing import ViewerLinks
from .query import Count
from .query import Page
from .query import Query
from .query import Scope
from .search.around import SqlAround
from .search.feed import SqlFeed
from .search.reader import Reader
from .search.types import SqlTypes
from .sieve.filling import SqlSieve


class SqlStore:
    """See :class:`.promises.Store`.

    :param engine: from :func:`.engine.open_engine`.
    :param cursor_keys: the first seals cursors, all open them; the same in all processes,
        16 to 64 bytes each.
    """

    def __init__(self, engine: sa.Engine, *, cursor_keys: Sequence[bytes], limits: Limits) -> None:
        self.engine = engine
        # What was done to the tables since they were opened here.
        self.upgraded: Upgrade | None = None
        # Whether the log outlives this process: one in memory does not.
        self.is_lasting = True
        self._anchor: sa.Connection | None = None
        self._reader = Reader(
            engine,
            cursor_keys=cursor_keys,
            query_seconds=limits.query_seconds,
        )
        patience = limits.write_seconds
        appender = appender_for(engine, write_seconds=patience)
        self._writer = Writer(engine, appender, patience=patience)
        self.answers: Answers = SqlAnswers(self._reader)
        realms = SqlRealms(self._reader)
        self.realms: Realms = realms
        self.tokens: Tokens = SqlTokens(self._reader, realms)
        self.saved_views: SavedViews = SqlSavedViews(self._reader, realms)
        self.viewer_links: ViewerLinks = SqlViewerLinks(self._reader, realms)
        self.types: Types = SqlTypes(self._reader)
        self.feed: Feed = SqlFeed(self._reader)
        self.around: Around = SqlAround(self._reader)
        self.figures: Figures = SqlFigures(self._reader)
        self._open_outbox(realms)

    def _open_outbox(self, realms: SqlRealms) -> None:
        """Open what follows the log, and what goes out of it."""
        followers = SqlFollowers(self._reader)
        self.followers: Followers = followers
        self.hours: Hours = SqlHours(followers)
        self.sieve: Sieve = SqlSieve(self._reader, followers)
        self.endpoints: Endpoints = SqlEndpoints(self._reader, realms)
        self.healths: Healths = SqlHealths(self._reader)
        self.deliveries: Deliveries = SqlDeliveries(self._reader)
        self.sent: Sent = SqlSent(self._reader)
        self.replays: Replays = SqlReplays(self._reader)
        self.files: Files = SqlFiles(self._reader)
        self.upkeep: Upkeep = SqlUpkeep(self._reader)
        self.measures: Measures = SqlMeasures(self._reader)
        self.keyring: Keyring = SqlKeyring(self._reader)

    @property
    def place(self) -> str:
        """The database's URL, without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    def append(self, entries: Sequence[Entry], *, key: Key | None = None) -> Appended:
        """See :meth:`.promises.Store.append`."""
        return self._writer.append(entries, key)

    def find(self, query: Query, scope: Scope, *, limit: int, cursor: str | None = None) -> Page:
        """See :meth:`.promises.Store.find`."""
        return self._reader.find(query, scope, limit=limit, cursor=cursor)

    def get(self, uid: str, scope: Scope, query: Query | None = None) -> Record | None:
        """See :meth:`.promises.Store.get`."""
        return self._reader.get(uid, scope, query)

    def count(self, query: Query, scope: Scope, *, at_most: int) -> Count:
        """See :meth:`.promises.Store.count`."""
        return self._reader.count(query, scope, at_most=at_most)

    def stream(self, query: Query, scope: Scope) -> Iterator[Copy]:
        """See :meth:`.promises.Store.stream`."""
        return self._reader.stream(query, scope)

    def after(self, position: int, query: Query, scope: Scope, *, limit: int) -> list[Record]:
        """See :meth:`.promises.Store.after`."""
        return self._reader.after(position, query, scope, limit=limit)

    def head(self) -> int:
        """The highest position, 0 while the log is empty."""
        return self._reader.head()

    def upgrade(self) -> None:
        """Bring the tables to the newest version. Safe twice, and from two processes at once."""
        with self._reader.connect():
            pass  # Says it in our words when the database is away.
        # Alembic costs as much to import as all the rest; only this needs it.
        self.upgraded = importlib.import_module(f"{__package__}.migrate").upgrade(self.engine)

    def pending(self) -> list[str]:
        """The migrations that :meth:`upgrade` would run."""
        steps: list[str] = importlib.import_module(f"{__package__}.migrate").pending(self.engine)

        return steps

    def create(self) -> None:
        """Create the tables of a database that is new and ours alone, as one in memory."""
        # A database in memory lives as long as one connection to it.
        self._anchor = self.engine.connect()
        self.is_lasting = False
        with self.engine.begin() as connection:
            schema.create(connection)

    def close(self) -> None:
        """Finish what is being written and close all connections."""
        self._writer.close()
        if self._anchor is not None:
            self._anchor.close()
        self.engine.dispose()
