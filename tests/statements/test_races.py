"""What others write meanwhile: what is told of a row is what the statement found."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.statements.hosts import Host
from tests.statements.hosts import users

WAITS = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def until_somebody_waits(engine: sa.Engine) -> None:
    deadline = time.monotonic() + 20
    with engine.connect() as connection:
        while not connection.scalar(WAITS):
            assert time.monotonic() < deadline
            connection.rollback()
            time.sleep(0.01)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_row_that_another_takes_out_of_the_condition_is_not_told(host: Host) -> None:
    def deactivate() -> None:
        with host.app.app_context():
            host.run(sa.update(users).where(users.c.active).values(level=5, active=False))

    with ThreadPoolExecutor(1) as pool, host.engine.connect() as other:
        other.execute(sa.update(users).where(users.c.id == 2).values(active=False))
        done = pool.submit(deactivate)
        until_somebody_waits(host.engine)
        other.commit()
        done.result(timeout=20)
    changed = {"is_active": (True, False)}
    assert sorted(each[1:] for each in host.told) == [
        ("users/1", changed),
        ("users/2", changed),
        ("users/3", changed),
    ]
