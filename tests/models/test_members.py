"""Many-to-many relationships: what was added and removed, told by one of the two ends."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_auditlog import AuditLog
from tests.models.conftest import MakeHost
from tests.models.host import Host
from tests.models.host import Role
from tests.models.host import User
from tests.models.host import user_roles


def prepared(host: Host) -> tuple[User, Role, Role]:
    admin, editor = Role(name="admin"), Role(name="editor")
    alice = User(name="alice", roles=[admin])
    host.add(alice, admin, editor)
    return alice, admin, editor


def members(added: list[str], removed: list[str]) -> dict[str, Any]:
    return {"roles": {"added": added, "removed": removed}}


def test_what_was_added_and_removed_is_one_update_of_the_parent(host: Host) -> None:
    host.audit.track(User)
    alice, _, editor = prepared(host)
    alice.roles = [editor]
    host.commit()
    assert host.told == [("USER-UPDATE", "users/1")]
    assert host.changes == members(["roles/2"], ["roles/1"])


def test_it_stands_beside_the_columns_in_one_event(host: Host) -> None:
    host.audit.track(User)
    alice, _, editor = prepared(host)
    alice.roles.append(editor)
    alice.name = "bob"
    host.commit()
    assert host.changes["roles"] == {"added": ["roles/2"], "removed": []}
    assert host.changes["name"] == ["alice", "bob"]


def test_of_two_tracked_ends_the_one_the_table_names_first_tells(host: Host) -> None:
    host.audit.track(User, Role)
    alice, _, editor = prepared(host)
    alice.roles.append(editor)
    host.commit()
    assert host.told == [("USER-UPDATE", "users/1")]


@pytest.mark.parametrize("loaded", [True, False])
def test_it_is_told_from_whichever_end_it_was_done(host: Host, loaded: bool) -> None:
    host.audit.track(User, Role)
    alice, admin, editor = prepared(host)
    assert not loaded or alice.roles
    with host.app.app_context():
        editor.users.append(alice)
        with host.session.no_autoflush:
            admin.users.remove(alice)
    host.commit()
    assert host.told == [("USER-UPDATE", "users/1")]
    assert host.changes == members(["roles/2"], ["roles/1"])


def test_an_end_that_ignores_it_leaves_it_to_the_other(host: Host) -> None:
    host.audit.track(User, ignore={"roles"})
    host.audit.track(Role)
    alice, _, editor = prepared(host)
    alice.roles.append(editor)
    host.commit()
    assert host.told == [("ROLE-UPDATE", "roles/2")]
    assert host.changes == {"users": {"added": ["users/1"], "removed": []}}


def test_an_end_that_is_tracked_alone_tells(host: Host) -> None:
    host.audit.track(Role)
    alice, _, editor = prepared(host)
    alice.roles.append(editor)
    host.commit()
    assert host.told == [("ROLE-UPDATE", "roles/2")]


def test_a_new_row_tells_its_members(host: Host) -> None:
    host.audit.track(User)
    _, admin, _ = prepared(host)
    host.session.add(User(name="bob", roles=[admin]))
    host.commit()
    assert host.changes["roles"] == {"added": ["roles/1"], "removed": []}


def test_a_deleted_row_tells_the_members_it_had(host: Host) -> None:
    host.audit.track(User)
    alice, _, _ = prepared(host)
    host.session.delete(alice)
    host.commit()
    assert host.changes["roles"] == {"added": [], "removed": ["roles/1"]}


def test_added_and_taken_back_is_no_change(host: Host) -> None:
    host.audit.track(User)
    alice, _, editor = prepared(host)
    alice.roles.append(editor)
    alice.roles.remove(editor)
    host.commit()
    assert host.events == []


def test_members_have_the_labels_of_their_models(host: Host) -> None:
    host.audit.track(Role, label="name")
    host.audit.track(User, label="name")
    alice, admin, editor = prepared(host)
    assert (admin.name, editor.name) == ("admin", "editor")
    alice.roles = [editor]
    host.commit()
    details = host.event.details or {}
    assert details["labels"] == {"roles": {"added": ["editor"], "removed": ["admin"]}}


def test_an_object_between_the_two_is_a_row_like_any_other(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Membership(Own):
        __tablename__ = "memberships"
        user: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        team: orm.Mapped[str] = orm.mapped_column(primary_key=True)
        since: orm.Mapped[int]

    host = make_host(base=Own)
    host.audit.track_all(Own)
    member = host.add(Membership(user=7, team="a/b", since=1))
    member.since = 2
    host.commit()
    host.session.delete(member)
    host.commit()
    assert host.told == [
        ("MEMBERSHIP-UPDATE", "memberships/7,a%2Fb"),
        ("MEMBERSHIP-DELETE", "memberships/7,a%2Fb"),
    ]


@pytest.mark.parametrize("lazy", ["dynamic", "write_only", "selectin", "select"])
def test_however_the_relationship_is_loaded(make_host: MakeHost, lazy: Any) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Tag(Own):
        __tablename__ = "tags"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    links = sa.Table(
        "links",
        Own.metadata,
        sa.Column("page_id", sa.ForeignKey("pages.id")),
        sa.Column("tag_id", sa.ForeignKey("tags.id")),
    )

    class Page(Own):
        __tablename__ = "pages"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        tags = orm.relationship(Tag, secondary=links, lazy=lazy)

    host = make_host(base=Own)
    host.audit.track(Page)
    tag = Tag()
    page = host.add(Page(), tag)
    host.session.expire_all()
    page = host.session.get_one(Page, 1, populate_existing=True)
    if lazy == "write_only":
        page.tags.add(tag)
    else:
        page.tags.append(tag)
    host.commit()
    assert host.changes == {"tags": {"added": ["tags/1"], "removed": []}}


def test_members_of_ones_own_kind_are_told_by_the_first_end(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    follows = sa.Table(
        "follows",
        Own.metadata,
        sa.Column("follower_id", sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("followed_id", sa.ForeignKey("people.id"), primary_key=True),
    )

    class Person(Own):
        __tablename__ = "people"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        following: orm.Mapped[list[Person]] = orm.relationship(
            secondary=follows,
            primaryjoin=lambda: Person.id == follows.c.follower_id,
            secondaryjoin=lambda: Person.id == follows.c.followed_id,
            back_populates="followers",
        )
        followers: orm.Mapped[list[Person]] = orm.relationship(
            secondary=follows,
            primaryjoin=lambda: Person.id == follows.c.followed_id,
            secondaryjoin=lambda: Person.id == follows.c.follower_id,
            back_populates="following",
        )

    host = make_host(base=Own)
    host.audit.track(Person)
    ann, bob = Person(id=1), Person(id=2)
    host.add(ann, bob)
    bob.followers.append(ann)
    host.commit()
    assert host.told == [("PERSON-UPDATE", "people/1")]
    assert host.changes == {"following": {"added": ["people/2"], "removed": []}}


def test_the_association_table_itself_is_not_tracked() -> None:
    audit = AuditLog()
    audit.track(User, Role)
    assert audit.tracked.of_table(user_roles) is None
