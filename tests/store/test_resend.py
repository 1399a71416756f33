"""One delivery is sent once more, in whichever state it is, by those who may see its endpoint."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import Gone
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import WebhookDisabled
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import State
from flask_auditlog.store.webhooks import STATES

from . import kept
from .samples import ALL
from .samples import entries
from .test_deliveries import claim
from .test_deliveries import put
from .test_endpoints import make
from .test_sent import BLIND
from .test_sent import SEEING


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def sent(store: SqlStore, state: State = "succeeded") -> Delivery:
    """A delivery of a record, in this state."""
    store.append(entries(1))
    (given,) = put(store, make(store, organization_id="o1").id, 1)
    with store.engine.begin() as connection:
        row = sa.update(outbox.delivery).where(outbox.delivery.c.id == given.id)
        connection.execute(row.values(state=state))
    return given


@pytest.mark.parametrize("state", STATES)
def test_it_is_sent_again_in_any_state(store: SqlStore, state: State) -> None:
    given = sent(store, state)
    again = store.sent.resend(given.id, ALL)
    assert again.id != given.id
    assert (again.endpoint_id, again.position, again.type) == (given.endpoint_id, 1, "x")
    assert (again.cause, again.lane, again.attempts) == ("manual", 0, 0)
    assert again.id in {each.id for each in claim(store)}
    old = kept.delivery(store, given.id)
    assert old is not None
    # One that waited is claimed beside it, and none is changed.
    assert old.state == ("inflight" if state == "pending" else state)


def test_each_time_it_is_another_delivery(store: SqlStore) -> None:
    given = sent(store)
    made = {store.sent.resend(given.id, ALL).id for _ in range(3)}
    assert {each.id for each in claim(store)} == made
    assert len(made) == 3


def test_only_who_sees_the_endpoint_sends_it_again(store: SqlStore) -> None:
    given = sent(store)
    for scope in BLIND:
        with pytest.raises(NotFound):
            store.sent.resend(given.id, scope)
    assert claim(store) == []
    for scope in SEEING:
        store.sent.resend(given.id, scope)
    assert len(claim(store)) == len(SEEING)


def test_to_a_disabled_endpoint_it_is_sent_only_if_that_is_meant(store: SqlStore) -> None:
    given = sent(store)
    store.endpoints.disable(given.endpoint_id, "failing")
    with pytest.raises(WebhookDisabled, match="Enable it"):
        store.sent.resend(given.id, ALL)
    again = store.sent.resend(given.id, ALL, force=True)
    assert again.state == "held"
    store.endpoints.update(given.endpoint_id, ALL, {"enabled": True})
    assert claim(store) == []
    assert store.sent.resume(given.endpoint_id, ALL) == 1
    assert [each.id for each in claim(store)] == [again.id]


def test_what_is_not_there_is_not_sent_again(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="delivery"):
        store.sent.resend("x", ALL)
    (given,) = put(store, make(store).id, 1)
    with pytest.raises(Gone, match="not in the log any more"):
        store.sent.resend(given.id, ALL)
