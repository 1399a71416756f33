"""Whatever goes wrong while a change is recorded, the host's commit goes through."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_auditlog import event_failed
from flask_auditlog.capture import SLOW
from tests.apps import counted
from tests.apps import types
from tests.models.conftest import MakeHost
from tests.models.host import Base
from tests.models.host import Host
from tests.models.host import Post
from tests.models.host import User


def boom(*_: Any, **__: Any) -> Any:
    raise RuntimeError("boom")


def count(host: Host, model: type[Any]) -> int:
    with orm.Session(host.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "what it was": lambda m: m.setattr("flask_auditlog.capture.models.heard.flush_of", boom),
    "the plan": lambda m: m.setattr("flask_auditlog.capture.models.flush.plan_of", boom),
    "the event": lambda m: m.setattr("flask_auditlog.capture.models.flush.event_of", boom),
    "who": lambda m: m.setattr("flask_auditlog.capture.models.flush.context_of", boom),
    "the inbox": lambda m: m.setattr("flask_auditlog.state.inbox.Inboxes.put", boom),
}


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("classes", [(Post,), (Post, Base), (Base, Post)])
def test_an_error_of_ours_does_not_reach_the_host(
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    classes: tuple[type[Any], ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Of a class and its base each change is heard once, and so each that is lost is counted once.
    for model in classes:
        host.audit.track_all(model)
    BREAKS[broken](monkeypatch)
    heard: list[Any] = []

    def hear(sender: Any, event: Any, error: Exception) -> None:
        heard.append(type(error))

    host.session.add(Post(text="one"))
    with event_failed.connected_to(hear, host.app):
        host.commit()
    assert count(host, Post) == 1
    assert counted(host.app, "capture_failed") == 1
    assert heard == [RuntimeError]
    assert "could not be recorded" in caplog.text
    monkeypatch.undo()
    host.session.add(Post(text="two"))
    host.commit()
    assert host.changes["text"] == [None, "two"]


@pytest.mark.parametrize("bulk", [False, True])
def test_a_hook_that_hangs_delays_the_change_and_is_told(
    host: Host, bulk: bool, caplog: pytest.LogCaptureFixture
) -> None:
    host.audit.track(Post)
    host.audit.before_record(lambda event: time.sleep(SLOW + 0.1))
    with host.app.app_context():
        if bulk:
            host.session.execute(sa.insert(Post).values(text="one"))
        else:
            host.session.add(Post(text="one"))
    host.commit()
    assert counted(host.app, "capture_slow") == 1
    assert "capture took" in caplog.text
    assert host.told == [("POST-CREATE", "posts/1")]


def test_a_row_that_cannot_be_told_does_not_take_the_others_with_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.audit.track(Post)
    real = host.app.extensions["auditlog"].recorder.finish

    def finish(draft: Any, context: Any, **how: Any) -> Any:
        return boom() if draft.resource_path == "posts/2" else real(draft, context, **how)

    monkeypatch.setattr(host.app.extensions["auditlog"].recorder, "finish", finish)
    host.session.add_all([Post(id=n) for n in (1, 2, 3)])
    host.commit()
    assert host.told == [("POST-CREATE", "posts/1"), ("POST-CREATE", "posts/3")]
    assert counted(host.app, "capture_failed") == 1


def test_a_select_of_ours_that_fails_leaves_the_transaction_alive(
    make_host: MakeHost, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make_host(empty_postgres_url)
    host.audit.track(Post)
    post = host.add(Post(text="one"))

    def broken(*_: Any) -> Any:
        return sa.text("1/0 = 1")

    post.text = "two"
    with monkeypatch.context() as broken_select:
        broken_select.setattr("flask_auditlog.capture.models.loading._among", broken)
        host.commit()
    assert post.text == "two"
    host.session.close()
    assert host.changes == {"text": ["[unknown]", "two"]}
    assert counted(host.app, "capture_failed") == 1
    host.close()


def test_a_hook_that_writes_a_tracked_model_is_not_followed_for_ever(host: Host) -> None:
    host.audit.track(Post)

    @host.audit.before_record
    def write(event: Any) -> None:
        with orm.Session(host.engine) as session:
            session.execute(sa.text("SELECT 1"))
        with orm.Session(sa.create_engine("sqlite://", poolclass=sa.StaticPool)) as session:
            Post.metadata.create_all(session.connection())
            session.add(Post(text="a note about it"))
            session.commit()

    host.session.add(Post(text="one"))
    host.commit()
    assert host.told == [("POST-CREATE", "posts/1")]
    assert host.changes["text"] == [None, "one"]
    assert counted(host.app, "capture_failed") == 1


class Strange(sa.types.TypeDecorator[Any]):
    """A type whose values cannot be written as anything."""

    impl = sa.String
    cache_ok = True

    @property
    def python_type(self) -> Any:
        raise NotImplementedError

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return "x"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return Mute()


class Mute:
    def __str__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # it has no value
    __repr__ = __str__


def test_a_type_that_nobody_can_write_is_told_by_its_name(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Odd(Own):
        __tablename__ = "odd"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        value = orm.mapped_column(Strange)

    host = make_host(base=Own)
    host.audit.track(Odd)
    host.session.add(Odd(value=Mute()))
    host.commit()
    assert host.changes == {"value": [None, "<Mute>"]}


def test_what_a_listener_of_the_host_adds_is_recorded_next(host: Host) -> None:
    host.audit.track(Post)

    def add(session: orm.Session, _: Any) -> None:
        if not session.scalar(sa.select(Post.id).where(Post.text == "more")):
            session.add(Post(text="more"))

    sa.event.listen(host.session, "after_flush_postexec", add)
    host.session.add(Post(text="one"))
    host.commit()
    assert host.told == [("POST-CREATE", "posts/1"), ("POST-CREATE", "posts/2")]


def test_an_object_that_is_deleted_in_after_flush_is_told_as_both(host: Host) -> None:
    host.audit.track(Post)
    post = host.add(Post(text="one"))

    def delete(session: orm.Session, _: Any) -> None:
        if post in session.dirty:
            session.delete(post)

    sa.event.listen(host.session, "after_flush", delete, insert=True)
    post.text = "two"
    host.commit()
    assert host.told == [("POST-UPDATE", "posts/1"), ("POST-DELETE", "posts/1")]
    assert (host.events[1].details or {})["changes"]["text"] == ["two", None]


def test_a_listener_of_the_host_that_raises_is_the_hosts(host: Host) -> None:
    host.audit.track(User)

    def refuse(*_: Any) -> None:
        raise ValueError("no")

    sa.event.listen(User.name, "set", refuse)
    try:
        with pytest.raises(ValueError, match="no"):
            User(name="alice")
        host.session.add(User(email="a@acme.test"))
        host.commit()
    finally:
        sa.event.remove(User.name, "set", refuse)
    assert host.changes["email"] == [None, "a@acme.test"]


def test_a_listener_that_changes_the_row_last_is_heard(host: Host) -> None:
    host.audit.track(User)
    alice = host.add(User(name="alice", seen=1))

    def stamp(mapper: Any, connection: Any, target: User) -> None:
        target.seen = 2

    assert alice.seen
    sa.event.listen(User, "before_update", stamp)
    try:
        alice.name = "bob"
        host.commit()
    finally:
        sa.event.remove(User, "before_update", stamp)
    assert host.changes["seen"] == [1, 2]


def test_an_event_larger_than_the_log_takes_is_told_by_what_fits(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    columns = {f"c{n}": sa.Column(sa.Text) for n in range(60)}
    wide = type(
        "Wide",
        (Own,),
        {"__tablename__": "wide", "id": sa.Column(sa.Integer, primary_key=True), **columns},
    )
    host = make_host(base=Own)
    host.audit.track(wide)
    host.session.add(wide(**dict.fromkeys(columns, "x" * 100_000)))
    host.commit()
    assert types(host.app) == ["admin.WIDE-CREATE"]
    assert counted(host.app, "capture_failed") == 0
