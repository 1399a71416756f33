"""From records to deliveries: one for each endpoint that wants the event."""

from __future__ import annotations

from collections.abc import Sequence

from ..event import new_uid
from ..event import Record
from ..store.webhooks import Delivery
from ..store.webhooks import Endpoint
from .matching import Matcher


def expand(records: Sequence[Record], endpoints: Sequence[Endpoint]) -> list[Delivery]:
    """Return what is to be delivered of *records*, in their order.

    What a disabled endpoint would have had is held: it is sent if it is asked for, once the
    endpoint is enabled.
    """
    matcher = Matcher(endpoints)
    made: list[Delivery] = []
    for record in records:
        event = record.event
        made += [
            Delivery(
                id=new_uid(),
                endpoint_id=each.id,
                position=record.position,
                type=event.type,
                state="pending" if each.enabled else "held",
            )
            for each in matcher.wanting(event, record.position)
        ]

    return made
