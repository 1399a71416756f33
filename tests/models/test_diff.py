"""An event says what the row was and what it became: by what was written, not by what was touched."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tests.models.conftest import MakeHost
from tests.models.host import Host
from tests.models.host import Post
from tests.models.host import User


def user(host: Host, **values: Any) -> User:
    host.audit.track(User)
    found: User = host.add(User(**{"name": "alice", **values}))
    return found


def test_an_insert_tells_the_new_values(host: Host) -> None:
    host.audit.track(User)
    host.session.add(User(name="alice", email="a@acme.test"))
    host.commit()
    event = host.event
    assert (event.type, event.operation_type) == ("admin.USER-CREATE", "CREATE")
    assert (event.resource_type, event.resource_path) == ("USER", "users/1")
    assert host.changes == {
        "name": [None, "alice"],
        "email": [None, "a@acme.test"],
        "visits": [None, 0],
        "kind": [None, "person"],
    }


def test_an_update_tells_what_changed_and_no_more(host: Host) -> None:
    alice = user(host)
    alice.name = "bob"
    host.commit()
    assert host.told == [("USER-UPDATE", "users/1")]
    assert host.changes.pop("updated")[0] is None
    assert host.changes["name"] == ["alice", "bob"]
    assert host.changes.keys() == {"name", "updated"}


def test_a_delete_tells_the_last_values(host: Host) -> None:
    alice = user(host, email="a@acme.test")
    host.session.delete(alice)
    host.commit()
    assert host.told == [("USER-DELETE", "users/1")]
    assert host.changes["email"] == ["a@acme.test", None]
    assert host.changes["name"] == ["alice", None]


def test_a_delete_tells_what_is_stored_not_what_was_set_last(host: Host) -> None:
    alice = user(host)
    alice.name = "mallory"
    with host.session.no_autoflush:
        host.session.delete(alice)
    host.commit()
    assert host.changes["name"] == ["alice", None]


def test_a_value_set_back_is_no_change(host: Host) -> None:
    alice = user(host)
    assert alice.name == "alice"
    alice.name = "bob"
    alice.name = "alice"
    assert alice in host.session.dirty
    host.commit()
    assert host.events == []


def test_the_same_value_set_again_is_no_change(host: Host) -> None:
    alice = user(host)
    alice.name = "alice"
    host.commit()
    assert host.events == []


def test_what_only_touches_a_collection_is_no_change_of_its_owner(host: Host) -> None:
    alice = user(host)
    alice.posts.append(Post(text="hello"))
    host.commit()
    assert host.events == []


def test_a_value_that_was_not_loaded_is_read_first_with_one_select(host: Host) -> None:
    host.audit.track(User)
    people = [User(name=f"user {n}") for n in range(5)]
    host.add(*people)
    for person in people:
        person.name = "new"
    with host.statements() as sent:
        host.flush()
    host.commit()
    # SQLAlchemy reads the keys of expired objects by itself, one by one.
    assert len([each for each in sent if " IN (" in each]) == 1
    assert sorted(
        event.details["changes"]["name"][0] for event in host.events if event.details
    ) == [f"user {n}" for n in range(5)]


def test_what_is_loaded_costs_no_select(host: Host) -> None:
    alice = user(host)
    assert alice.name
    alice.name = "bob"
    with host.statements() as sent:
        host.flush()
    host.commit()
    assert [statement for statement in sent if statement.startswith("SELECT")] == []


def test_rows_that_were_not_loaded_are_read_before_they_are_deleted(host: Host) -> None:
    host.audit.track(Post)
    host.add(*[Post(text=f"post {n}") for n in range(3)])
    for post in host.session.scalars(sa.select(Post).options(orm.load_only(Post.id))):
        host.session.delete(post)
    with host.statements() as sent:
        host.flush()
    host.commit()
    assert len([each for each in sent if " IN (" in each]) == 1
    assert [e.details["changes"]["text"] for e in host.events if e.details] == [
        [f"post {n}", None] for n in range(3)
    ]


def test_a_deferred_column_is_not_loaded_for_our_sake(host: Host) -> None:
    alice = user(host, biography="long")
    host.session.expunge_all()
    alice = host.session.get_one(User, 1)
    alice.biography = "longer"
    host.commit()
    assert host.changes["biography"] == ["[unknown]", "longer"]


def test_an_expression_is_told_by_what_became_of_it(host: Host) -> None:
    alice = user(host)
    alice.visits = User.visits + 1
    host.commit()
    assert host.changes["visits"] == [0, 1]


def test_what_the_model_updates_by_itself_is_told_with_the_rest(host: Host) -> None:
    alice = user(host)
    alice.name = "bob"
    host.commit()
    alice.name = "carol"
    host.commit()
    first, second = (event.details["changes"]["updated"] for event in host.events if event.details)
    assert second == [first[1], first[1] + 1]


def test_json_that_is_changed_in_place_is_told_as_it_was(host: Host) -> None:
    alice = user(host, settings={"theme": "dark", "size": 1})
    assert alice.settings
    alice.settings["theme"] = "light"
    host.commit()
    assert host.changes["settings"] == [
        {"theme": "dark", "size": 1},
        {"theme": "light", "size": 1},
    ]


def test_a_new_primary_key_is_a_change_of_the_row_it_was(host: Host) -> None:
    alice = user(host)
    alice.id = 8
    host.commit()
    assert host.told == [("USER-UPDATE", "users/1")]
    assert host.changes["id"] == [1, 8]


def test_a_new_object_in_a_deleted_ones_row_is_an_update_of_it(host: Host) -> None:
    host.audit.track(Post)
    post = host.add(Post(text="one"))
    assert post.text
    host.session.delete(post)
    host.session.add(Post(id=1, text="two"))
    host.commit()
    assert host.told == [("POST-UPDATE", "posts/1")]
    assert host.changes["text"] == ["one", "two"]


def test_text_in_a_column_of_numbers_is_a_number(host: Host) -> None:
    alice = user(host, visits=5)
    alice.visits = "5"  # type: ignore[assignment]  # as a form gives it
    host.commit()
    assert host.events == []
    alice.visits = "6"  # type: ignore[assignment]
    host.commit()
    assert host.changes["visits"] == [5, 6]


def test_orphans_and_cascades_are_deletes(host: Host) -> None:
    host.audit.track(User, Post)
    alice = host.add(User(posts=[Post(text="one"), Post(text="two")]))
    del alice.posts[0]
    host.commit()
    assert host.told == [("POST-DELETE", "posts/1")]
    assert host.changes["text"] == ["one", None]
    host.forget()
    host.session.delete(alice)
    host.commit()
    assert host.told == [("POST-DELETE", "posts/2"), ("USER-DELETE", "users/1")]


def test_a_foreign_key_set_by_a_relationship_is_a_change_of_its_row(host: Host) -> None:
    host.audit.track(Post)
    post = host.add(Post(text="one"))
    post.author = User(name="alice")
    host.commit()
    assert host.told == [("POST-UPDATE", "posts/1")]
    assert host.changes == {"author_id": [None, 1]}


def test_every_flush_of_a_row_has_its_event(host: Host) -> None:
    host.audit.track(User)
    alice = User(name="alice")
    host.session.add(alice)
    host.flush()
    alice.name = "bob"
    host.flush()
    host.commit()
    assert [kind for kind, _ in host.told] == ["USER-CREATE", "USER-UPDATE"]


def test_what_is_ignored_is_no_change(host: Host) -> None:
    host.audit.track(User, ignore={"seen"})
    alice = host.add(User(name="alice"))
    alice.seen = 1
    host.commit()
    assert host.events == []
    alice.seen, alice.name = 2, "bob"
    host.commit()
    assert "seen" not in host.changes


def test_what_is_masked_is_changed_and_no_more(host: Host) -> None:
    host.audit.track(User, mask={"email"})
    alice = host.add(User(email="a@acme.test"))
    alice.email = "b@acme.test"
    host.commit()
    assert host.changes["email"] == ["[masked]", "[masked]"]
    host.forget()
    alice.email = None
    host.commit()
    assert host.changes["email"] == ["[masked]", None]


def test_equal_values_have_equal_hashes(host: Host) -> None:
    host.audit.track(User, hash={"email"})
    alice = host.add(User(email="a@acme.test"))
    bob = host.add(User(email="b@acme.test"))
    alice.email = bob.email
    host.commit()
    was, now = host.changes["email"]
    assert was != now
    assert was.startswith("[hmac:")
    assert "acme" not in f"{was}{now}"
    host.forget()
    host.session.delete(bob)
    host.commit()
    assert host.changes["email"] == [now, None]


def test_the_hash_of_a_secret_is_a_hash_and_no_mask(host: Host, make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Login(Own):
        __tablename__ = "logins"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        password_hash: orm.Mapped[str]
        api_token: orm.Mapped[str]

    host = make_host(base=Own)
    host.audit.track(Login, hash={"api_token"})
    host.session.add(Login(password_hash="pbkdf2", api_token="t0ps3cret"))
    host.commit()
    assert host.changes["password_hash"] == [None, "[masked]"]
    assert host.changes["api_token"][1].startswith("[hmac:")


def test_a_secret_key_is_not_in_the_path(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Reset(Own):
        __tablename__ = "resets"
        token: orm.Mapped[str] = orm.mapped_column(primary_key=True)

    class Invite(Own):
        __tablename__ = "invites"
        code: orm.Mapped[str] = orm.mapped_column(primary_key=True)

    host = make_host(base=Own)
    host.audit.track(Reset)
    host.audit.track(Invite, hash={"code"})
    host.session.add_all([Reset(token="t0ps3cret"), Invite(code="welcome")])
    host.commit()
    paths = sorted(path for _, path in host.told if path)
    assert paths[1] == "resets/[masked]"
    assert paths[0].startswith("invites/[hmac:")


def test_amounts_are_equal_by_their_value(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Invoice(Own):
        __tablename__ = "invoices"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        amount: orm.Mapped[Decimal] = orm.mapped_column(sa.Numeric(10, 2))

    host = make_host(base=Own)
    host.audit.track(Invoice)
    invoice = host.add(Invoice(amount=Decimal("12.50")))
    assert invoice.amount
    invoice.amount = "12.5"
    host.commit()
    assert host.events == []
    invoice.amount = 13
    host.commit()
    assert host.changes == {"amount": ["12.50", "13"]}


def test_a_row_is_what_the_database_calls_it(host: Host) -> None:
    host.audit.track(User, resource_type="PERSON", resource_path="people")
    host.session.add(User())
    host.commit()
    assert host.told == [("PERSON-CREATE", "people/1")]


@pytest.mark.parametrize("name", ["login", "shout", "whisper"])
def test_what_is_not_stored_is_not_told(host: Host, name: str) -> None:
    host.audit.track(User)
    host.session.add(User(name="alice"))
    host.commit()
    assert name not in host.changes
