"""The searches that people keep."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...errors import Conflict
from ...errors import NotFound
from ..promises.saving import SavedView
from ..query import Scope
from ..search.reader import Reader
from ..tables import metadata
from ..tables import Text
from ..writing import writing
from .registers import SqlRealms

saved_view = sa.Table(
    "audit_saved_view",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("realm", Text, nullable=False, index=True),
    sa.Column("organization_id", Text),
    sa.Column("owner", Text, nullable=False),
    sa.Column("is_shared", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("created_time", sa.BigInteger, nullable=False),
)
_is = saved_view.c


class SqlSavedViews:
    """See :class:`.saving.SavedViews`."""

    def __init__(self, reader: Reader, realms: SqlRealms) -> None:
        self._reader = reader
        self._realms = realms

    def add(self, new: SavedView, *, at_most: int) -> None:
        """See :meth:`.saving.SavedViews.add`."""
        self._realms.check(new.realm)
        theirs = sa.select(sa.func.count()).where(*_exactly(new.scope), _is.owner == new.owner)
        with writing(self._reader) as connection:
            if connection.execute(theirs).scalar_one() >= at_most:
                raise Conflict(f"At most {at_most} views for each. Delete one first.")
            row = {name: getattr(new, name) for name in new.__struct_fields__}
            connection.execute(sa.insert(saved_view).values(row))

    def seen(self, scope: Scope, owner: str | None, *, at_most: int) -> list[SavedView]:
        """See :meth:`.saving.SavedViews.seen`."""
        named = (
            sa.select(saved_view)
            .where(*_exactly(scope), sa.or_(_is.owner == owner, _is.is_shared))
            # Their own first: of too many shared ones they are not among those left out.
            .order_by(_is.owner != (owner or ""), _is.name, _is.id)
            .limit(at_most)
        )
        with self._reader.connect() as connection:
            found = [_view(row) for row in connection.execute(named)]

        return sorted(found, key=lambda view: (view.name.casefold(), view.id))

    def remove(self, view_id: str, scope: Scope, owner: str | None, *, others: bool) -> SavedView:
        """See :meth:`.saving.SavedViews.remove`."""
        may = sa.or_(_is.owner == owner, sa.and_(_is.is_shared, sa.literal(others)))
        this = sa.and_(_is.id == view_id, *_exactly(scope), may)
        with writing(self._reader) as connection:
            row = connection.execute(sa.select(saved_view).where(this)).one_or_none()
            if row is None:
                raise NotFound("There is no such view.")
            connection.execute(sa.delete(saved_view).where(_is.id == view_id))

        return _view(row)


def _exactly(scope: Scope) -> list[sa.ColumnElement[bool]]:
    # With None this is IS NULL.
    return [_is.realm == scope.realm, _is.organization_id == scope.organization_id]


def _view(row: Any) -> SavedView:
    return SavedView(**{name: getattr(row, name) for name in SavedView.__struct_fields__})
