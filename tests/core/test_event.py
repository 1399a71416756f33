from __future__ import annotations

import json
import threading
import time
import uuid
from hashlib import sha256

import pytest

from flask_auditlog import Actor
from flask_auditlog import Event
from flask_auditlog.event import encode
from flask_auditlog.event import new_uid

PLAIN = Event(uid="u", time=1, realm_id="default", type="a.b", source="capture")


def test_nulls_are_left_out_and_names_are_camel_case() -> None:
    who = Actor(user_id="7")
    entry = encode(
        Event(uid="u", time=1, realm_id="r", type="a", auth_details=who, source="api", token_id="t")
    )
    assert entry.body == (
        '{"uid":"u","time":1,"realmId":"r","type":"a",'
        '"authDetails":{"userId":"7"},"source":"api","tokenId":"t"}'
    )


def test_the_digest_is_of_the_salt_and_the_body() -> None:
    entry = encode(PLAIN)
    assert entry.digest == sha256(entry.salt + entry.body.encode()).digest()
    assert len(entry.salt) == 16


def test_every_event_has_a_salt_of_its_own() -> None:
    assert encode(PLAIN).salt != encode(PLAIN).salt


def test_the_body_is_json_that_others_read() -> None:
    event = Event(
        uid="u", time=1, realm_id="r", type="a", source="api", details={"ü": "\u2028\t\"'</script>"}
    )
    assert json.loads(encode(event).body)["details"] == event.details


def test_a_uid_is_a_uuid_of_version_7_made_now() -> None:
    uid = uuid.UUID(new_uid())
    assert (uid.version, uid.variant) == (7, uuid.RFC_4122)
    assert abs((uid.int >> 80) - time.time_ns() // 1_000_000) < 1000


def test_uids_ascend_also_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_uid()
    an_hour_ago = time.time_ns() - 3600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago)
    uids = [before, *(new_uid() for _ in range(5000))]
    assert uids == sorted(set(uids))


def test_no_two_threads_make_the_same_uid() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(new_uid() for _ in range(2000)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 8000
