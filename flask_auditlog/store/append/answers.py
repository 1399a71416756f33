"""What was answered to an ``Idempotency-Key``. It is noted with the append it speaks of."""

from __future__ import annotations

import time

import sqlalchemy as sa

from ...errors import KeyReused
from ..search.reader import Reader
from ..tables import answer
from ..tables import KEEP_ANSWERS


class SqlAnswers:
    """See :class:`.promises.Answers`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def first(self, token_id: str, realm: str, value: str, request_digest: bytes) -> str | None:
        """See :meth:`.promises.Answers.first`."""
        since = time.time_ns() // 1_000_000 - KEEP_ANSWERS
        statement = sa.select(answer.c.request_digest, answer.c.answer).where(
            answer.c.token_id == token_id,
            answer.c.realm == realm,
            answer.c.key == value,
            answer.c.created_time >= since,
        )
        with self._reader.connect() as connection:
            found = connection.execute(statement).one_or_none()
        if found is None:
            return None
        if found.request_digest != request_digest:
            raise KeyReused

        return str(found.answer)
