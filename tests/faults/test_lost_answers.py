"""The connection breaks between the commit and its acknowledgement."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from flask_auditlog.store import Key
from flask_auditlog.store import SqlStore
from tests.checks import check_log
from tests.store.samples import batch
from tests.store.samples import entries
from tests.store.samples import entry
from tests.store.samples import opened
from tests.store.samples import uids

from .proxy import Loss
from .proxy import Proxy

pytestmark = pytest.mark.faults

LOSSES = pytest.mark.parametrize("loss", ["question", "answer"])


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    port = sa.make_url(postgres_url).port
    assert port is not None
    proxy = Proxy(port)
    yield proxy
    proxy.close()


@pytest.fixture
def far(proxy: Proxy, postgres_url: str) -> Iterator[SqlStore]:
    """The store through the proxy, its connection made."""
    url = sa.make_url(postgres_url).set(port=proxy.port)
    with opened(url.render_as_string(hide_password=False)) as store:
        store.append([entry()])
        yield store


@LOSSES
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_is_lost_on_the_way_is_stored_once(
    far: SqlStore, proxy: Proxy, loss: Loss, size: int
) -> None:
    given = batch("b", size)
    proxy.armed = loss
    records = far.append(given).records
    assert (uids(records), proxy.lost) == (uids(given), 1)
    assert [record.position for record in records] == list(range(2, size + 2))
    far.append([entry()])
    assert check_log(far, answered=uids(given)) == size + 2


@LOSSES
def test_a_key_whose_answer_is_lost_is_used_once(far: SqlStore, proxy: Proxy, loss: Loss) -> None:
    key = Key(token_id="t", realm="r", value="k", request_digest=b"d", answer="mine")
    proxy.armed = loss
    assert far.append(entries(2), key=key).answer in (None, "mine")
    assert proxy.lost == 1
    assert far.append(entries(2), key=key).answer == "mine"
    assert check_log(far) == 3


def test_answers_lost_again_and_again_leave_no_double_and_no_gap(
    far: SqlStore, proxy: Proxy
) -> None:
    answered = []
    for n in range(20):
        proxy.armed = "answer" if n % 2 else "question"
        answered += uids(far.append(batch(f"b{n}", 3)).records)
    assert proxy.lost == 20
    assert check_log(far, answered=answered) == 61


def test_a_read_whose_answer_is_lost_is_no_wrong_answer(far: SqlStore, proxy: Proxy) -> None:
    assert far.head() == 1
    proxy.armed = "answer"
    assert far.head() == 1
    assert proxy.lost == 1
