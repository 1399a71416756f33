from __future__ import annotations

from pathlib import Path

import pytest
from marshmallow import fields
from marshmallow import Schema

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.recorder.catalogue import lock


class First(Schema):
    amount = fields.Float()
    # A field may have the name of what is left out.
    description = fields.String(metadata={"description": "In words."})


class Wider(First):
    more = fields.String()


class Narrower(Schema):
    amount = fields.Integer()
    description = fields.String()


def audit_with(schema: type[Schema] | None, version: int = 1, **names: None) -> AuditLog:
    """Return an audit log with the type a.b, and others without a schema."""
    audit = AuditLog()
    audit.define("a.b", schema=schema, version=version)
    for name in names:
        audit.define(name)
    return audit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A lock file of the first schema."""
    path = tmp_path / "events.lock.json"
    lock.write(lock.locked(audit_with(First).catalogue), path)
    return path


def test_what_was_locked_is_as_it_was(path: Path) -> None:
    audit_with(First).check_catalogue(path)
    audit_with(First).check_catalogue(str(path))


def test_other_words_change_nothing(path: Path) -> None:
    class Described(Schema):
        amount = fields.Float(metadata={"title": "Amount", "description": "Of the invoice."})
        description = fields.String()

    audit_with(Described).check_catalogue(path)


@pytest.mark.parametrize(
    ("audit", "said"),
    [
        (
            audit_with(Narrower),
            "a.b: amount was number, and is now integer. That needs version 2.",
        ),
        (audit_with(First, version=2), "a.b was changed since it was locked."),
        (audit_with(Narrower, version=2), "a.b was changed since it was locked."),
        (audit_with(Wider), "a.b was changed since it was locked."),
        (audit_with(First, other=None), "other is not in the lock file yet."),
        (AuditLog(), "a.b is in the lock file, and is no longer defined."),
    ],
)
def test_what_changed_is_said(path: Path, audit: AuditLog, said: str) -> None:
    with pytest.raises(AssertionError) as raised:
        audit.check_catalogue(path)
    assert said in str(raised.value).splitlines()


def test_a_field_may_have_the_name_of_what_is_left_out(path: Path) -> None:
    class Other(Schema):
        amount = fields.Float()
        description = fields.Integer()

    with pytest.raises(AssertionError, match="description was string, and is now integer"):
        audit_with(Other).check_catalogue(path)


def test_a_version_does_not_go_back(path: Path) -> None:
    lock.write(lock.locked(audit_with(First, version=2).catalogue), path)
    with pytest.raises(AssertionError, match="was version 2, and is now 1: versions only grow"):
        audit_with(First).check_catalogue(path)


def test_the_remedy_is_said_where_locking_again_is_one(path: Path) -> None:
    with pytest.raises(AssertionError, match=r"flask auditlog types --lock .*events\.lock\.json"):
        audit_with(Wider).check_catalogue(path)
    with pytest.raises(AssertionError) as raised:
        audit_with(Narrower).check_catalogue(path)
    assert "--lock" not in str(raised.value)


def test_the_file_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    texts = []
    for names in (["a", "b"], ["b", "a"]):
        audit = AuditLog()
        for name in names:
            audit.define(name)
        lock.write(lock.locked(audit.catalogue), tmp_path / "lock")
        texts.append((tmp_path / "lock").read_text())
    assert texts[0] == texts[1]


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Run `flask auditlog types --lock .*none`"):
        AuditLog().check_catalogue(tmp_path / "none")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"types": []}', '{"types": {"a": 1}}', '{"types": {"a": {}}}']
)
def test_a_file_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is not a lock file"):
        AuditLog().check_catalogue(path)
