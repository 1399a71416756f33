"""No more of a body is read than may be stored, whoever says how long it is."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.web.api.conftest import Api
from tests.web.api.conftest import CHUNKED
from tests.web.api.conftest import EVENTS

MOST = 32 * 1024 * 1024


class Endless(io.RawIOBase):
    """A body without an end, which knows how much of it was read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole of an endless body was asked for"
        self.taken += size
        assert self.taken < 2 * MOST, "far more was read than may be stored"
        return b"x" * size


@pytest.mark.parametrize(
    ("environ", "most"),
    [
        (CHUNKED, MOST + 64 * 1024),
        # Refused by its length alone.
        ({"CONTENT_LENGTH": str(MOST + 1)}, 0),
    ],
)
def test_a_body_is_read_no_further_than_its_bound(
    api: Api, environ: dict[str, Any], most: int
) -> None:
    body = Endless()
    answer = api.client.post(
        EVENTS,
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.secret}"},
        environ_overrides={**environ, "wsgi.input": body},
    )
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
    assert body.taken <= most
