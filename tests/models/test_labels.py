"""What people call things, and whose they are: told without a query."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps import counted
from tests.models.host import Host
from tests.models.host import Post
from tests.models.host import User


def details(host: Host) -> dict[str, Any]:
    return host.event.details or {}


def test_an_object_is_told_by_its_label(host: Host) -> None:
    host.audit.track(User, label="name")
    alice = host.add(User(name="alice"))
    assert alice.name
    alice.visits = 1
    host.commit()
    assert details(host)["label"] == "alice"


def test_a_deleted_object_is_told_by_the_label_it_had(host: Host) -> None:
    host.audit.track(User, label="name")
    alice = host.add(User(name="alice"))
    host.session.delete(alice)
    host.commit()
    assert details(host)["label"] == "alice"


def test_a_label_may_be_made_of_what_is_loaded(host: Host) -> None:
    host.audit.track(User, label=lambda user: f"{user.name} <{user.email}> {user.biography}")
    host.session.add(User(name="alice", email="a@acme.test"))
    host.commit()
    assert details(host)["label"] == "alice <a@acme.test> None"


def test_a_label_never_tells_what_is_masked(host: Host) -> None:
    host.audit.track(User, mask={"email"}, label=lambda user: user.email)
    host.session.add(User(email="a@acme.test"))
    host.commit()
    assert details(host)["label"] == "[masked]"
    host.forget()
    host.audit.track(User, mask={"email"}, label="email")
    host.session.add(User(email="a@acme.test"))
    host.commit()
    assert "label" not in details(host)


@pytest.mark.parametrize("by", ["object", "key"])
def test_a_foreign_key_is_told_by_the_labels_of_its_objects(host: Host, by: str) -> None:
    host.audit.track(User, label="name")
    host.audit.track(Post)
    alice, bob = User(name="alice"), User(name="bob")
    post = host.add(Post(author=alice), alice, bob)
    assert (post.author_id, alice.name, bob.name) == (1, "alice", "bob")
    if by == "object":
        post.author = bob
    else:
        post.author_id = 2
    host.commit()
    assert details(host)["changes"] == {"author_id": [1, 2]}
    assert details(host)["labels"] == {"author_id": ["alice", "bob"]}


def test_a_label_that_is_not_loaded_is_not_queried(host: Host) -> None:
    host.audit.track(User, label="name")
    host.audit.track(Post)
    post = host.add(Post(), User(name="alice"))
    assert post.id
    host.session.expire_all()
    post.author_id = 1
    host.flush()
    with host.statements() as sent:
        post.text = "x"
        host.flush()
    host.commit()
    assert not [each for each in sent if "FROM users" in each]
    assert all("labels" not in (event.details or {}) for event in host.events)


@pytest.mark.parametrize("named", ["org", lambda user: user.org])
def test_an_object_says_whose_it_is(host: Host, named: Any) -> None:
    host.audit.track(User, organization=named)
    alice = host.add(User(name="alice", org="acme"))
    alice.name = "bob"
    host.commit()
    assert host.event.organization_id == "acme"
    host.forget()
    host.session.delete(alice)
    host.commit()
    assert host.event.organization_id == "acme"


@pytest.mark.parametrize("option", ["label", "organization"])
def test_a_function_that_raises_says_nothing(host: Host, option: str) -> None:
    def boom(_: Any) -> str:
        raise RuntimeError

    host.audit.track(User, **{option: boom})  # type: ignore[arg-type]  # either of two names
    host.session.add(User(name="alice"))
    host.commit()
    assert host.event.organization_id is None
    assert "label" not in details(host)
    assert counted(host.app, "loader_failed") == 1
