"""The register of viewer links."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import sqlalchemy as sa

from ...errors import NotFound
from ...errors import StoreError
from ..promises.viewing import ViewerLink
from ..query import Scope
from ..search.reader import Reader
from ..tables import metadata
from ..tables import Text
from ..writing import writing
from .registers import digest_of
from .registers import SqlRealms
from .registers import TOKEN_PREFIX
from .registers import USE_NOTED

# Begins as a token's does, so that it is masked wherever it leaks. It is none: no other door
# looks for it here.
PREFIX = f"{TOKEN_PREFIX}view_"
_SECRET = re.compile(PREFIX + "[A-Za-z0-9_-]{43}")
# How long an ended link is kept, in milliseconds: the clocks of two machines may differ.
KEPT = 24 * 3600 * 1000

viewer_link = sa.Table(
    "audit_viewer_link",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("realm", Text, nullable=False),
    sa.Column("organization_id", Text, nullable=False),
    sa.Column("organization_name", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("username", sa.Text),
    sa.Column("embed", sa.Text, nullable=False),
    sa.Column("secret_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Text),
    sa.Column("expires_time", sa.BigInteger, nullable=False, index=True),
    sa.Column("revoked_time", sa.BigInteger),
    sa.Column("last_used_time", sa.BigInteger),
    sa.Column("allow", sa.Text, nullable=False, server_default=""),
)
_is = viewer_link.c
# Words that stand in one text.
_LISTS = ("embed", "allow")


def _now() -> int:
    return time.time_ns() // 1_000_000


class SqlViewerLinks:
    """See :class:`.viewing.ViewerLinks`."""

    def __init__(self, reader: Reader, realms: SqlRealms) -> None:
        self._reader = reader
        self._realms = realms

    def add(self, new: ViewerLink) -> str:
        """See :meth:`.viewing.ViewerLinks.add`."""
        self._realms.check(new.realm)
        secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
        row = {name: getattr(new, name) for name in new.__struct_fields__}
        row |= {name: " ".join(row[name]) for name in _LISTS}
        row["secret_digest"] = digest_of(secret)
        with writing(self._reader) as connection:
            connection.execute(sa.delete(viewer_link).where(_is.expires_time < _now() - KEPT))
            connection.execute(sa.insert(viewer_link).values(row))

        return secret

    def find(self, secret: str) -> ViewerLink | None:
        """See :meth:`.viewing.ViewerLinks.find`."""
        # Nothing else is ever hashed or looked up.
        if not _SECRET.fullmatch(secret):
            return None
        this = _lives() & (_is.secret_digest == digest_of(secret))
        with self._reader.connect() as connection:
            row = connection.execute(sa.select(viewer_link).where(this)).one_or_none()
        if row is None:
            return None
        if _now() - (row.last_used_time or 0) > USE_NOTED:
            self._note_use(row.id)

        return _link(row)

    def _note_use(self, link_id: str) -> None:
        used = sa.update(viewer_link).where(_is.id == link_id).values(last_used_time=_now())
        try:
            with writing(self._reader) as connection:
                connection.execute(used)
        except StoreError:
            # The log is busy, and refuses nobody for that: the use is noted at another look.
            return

    def living(self, scope: Scope, *, at_most: int) -> list[ViewerLink]:
        """See :meth:`.viewing.ViewerLinks.living`."""
        newest = (
            sa.select(viewer_link)
            .where(_lives(), *_within(scope))
            .order_by(_is.created_time.desc(), _is.id)
            .limit(at_most)
        )
        with self._reader.connect() as connection:
            return [_link(row) for row in connection.execute(newest)]

    def revoke(self, link_id: str, scope: Scope) -> ViewerLink:
        """See :meth:`.viewing.ViewerLinks.revoke`."""
        this = sa.and_(_is.id == link_id, *_within(scope))
        ended = sa.update(viewer_link).where(this, _is.revoked_time.is_(None))
        with writing(self._reader) as connection:
            connection.execute(ended.values(revoked_time=_now()))
            row = connection.execute(sa.select(viewer_link).where(this)).one_or_none()
        if row is None:
            raise NotFound("There is no such viewer link. `flask auditlog viewer list` shows all.")

        return _link(row)


def _within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    within = [_is.realm == scope.realm]
    if scope.organization_id is not None:
        within.append(_is.organization_id == scope.organization_id)

    return within


def _lives() -> sa.ColumnElement[bool]:
    return _is.revoked_time.is_(None) & (_is.expires_time > _now())


def _link(row: Any) -> ViewerLink:
    values = {name: getattr(row, name) for name in ViewerLink.__struct_fields__}

    return ViewerLink(**(values | {name: tuple(values[name].split()) for name in _LISTS}))
