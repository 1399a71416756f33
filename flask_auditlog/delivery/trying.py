"""One attempt, from a claimed delivery to what came of it."""

from __future__ import annotations

import time
from uuid import uuid4

import msgspec

from ..errors import AuditLogError
from ..event import Record
from ..logs import logger
from ..store.webhooks import Attempt
from ..store.webhooks import Delivery
from . import bearer
from .envelope import envelope
from .envelope import Message
from .envelope import shown
from .health import MOOT
from .health import Outcome
from .roster import Addressee
from .schedule import retry_after
from .send import Answer
from .send import Sender

# Of one whose event or endpoint is not there any more.
_GONE = Answer(error=MOOT, message="The event or the webhook is not there any more.")


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has ended, and what it says of the endpoint."""

    delivery: Delivery
    attempt: Attempt
    outcome: Outcome


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is claimed, with all that is needed to send it."""

    delivery: Delivery
    addressee: Addressee | None
    record: Record | None


class Trier:
    """Tries deliveries, from any number of threads.

    :param agent: the product and its version.
    :param seconds: how long an attempt may take where its endpoint does not say.
    :param worker: the name of this process, kept with each attempt.
    """

    def __init__(self, sender: Sender, *, agent: str, seconds: float, worker: str) -> None:
        self._sender = sender
        self._agent = agent
        self._seconds = seconds
        self._worker = worker

    def __call__(self, job: Job) -> Tried:
        """Try it. Nothing is raised: what goes wrong is the attempt's end."""
        began = time.time_ns() // 1_000_000
        headers: dict[str, str] = {}
        try:
            headers, answer = self._sent(job, began)
        except AuditLogError as error:
            # Ours, in our words: there is nothing to sign with, or a key is gone.
            answer = Answer(error="configuration", message=str(error))
        except Exception:
            logger.exception("an attempt of a delivery failed by itself")
            answer = Answer(error="internal", message="It failed here, not at the receiver.")

        return _tried(job, began, headers, answer, worker=self._worker)

    def _sent(self, job: Job, began: int) -> tuple[dict[str, str], Answer]:
        to, record = job.addressee, job.record
        if to is None or record is None:
            return {}, _GONE
        if to.fault is not None or to.target is None:
            return {}, Answer(error="configuration", message=to.fault)
        event, body = record.event, record.body.encode()
        message = Message(
            body=body,
            uid=event.uid,
            delivery_id=job.delivery.id,
            timestamp=began // 1000,
            traceparent=event.traceparent,
        )
        headers = envelope(
            message,
            to.endpoint,
            to.keys(began),
            agent=self._agent,
            extra=to.headers,
            bearer=_token(to, began, body),
        )
        seconds = to.endpoint.timeout or self._seconds
        answer = self._sender.send(
            to.endpoint.id, to.target, headers, body, seconds=seconds, context=to.context
        )

        return shown(headers, to.headers), answer


def _token(to: Addressee, now: int, body: bytes) -> str | None:
    if to.signing_key is None:
        return None
    claims = bearer.Claims(
        id=uuid4().hex,
        issuer=to.endpoint.realm,
        audience=to.endpoint.audience or to.endpoint.url,
        issued=now // 1000,
    )

    return bearer.token(to.signing_key, claims, body)


def _tried(job: Job, began: int, headers: dict[str, str], answer: Answer, *, worker: str) -> Tried:
    outcome = Outcome(
        error=answer.error,
        status=answer.status,
        milliseconds=answer.milliseconds,
        retry_after=retry_after(answer.headers.get("retry-after"), time.time_ns() // 1_000_000),
        wants=answer.headers.get("webhook-delivery"),
    )
    attempt = Attempt(
        delivery_id=job.delivery.id,
        number=job.delivery.attempts,
        started_time=began,
        milliseconds=answer.milliseconds,
        phases=answer.phases,
        address=answer.address,
        request_headers=headers,
        status=answer.status,
        response_headers=answer.headers,
        response_body=answer.body or None,
        error=answer.error,
        message=answer.message,
        worker=worker,
    )

    return Tried(delivery=job.delivery, attempt=attempt, outcome=outcome)
