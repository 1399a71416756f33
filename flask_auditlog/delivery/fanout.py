"""From records to deliveries: one for each endpoint that wants the event."""

from __future__ import annotations

from collections.abc import Sequence

from ..event import new_uid
from ..event import Record
from ..store.webhooks import Delivery
from ..store.webhooks import Endpoint
from .filters import is_read
from .matching import Matcher


def expand(records: Sequence[Record], endpoints: Sequence[Endpoint]) -> list[Delivery]:
    """Return what is to be delivered of *records*, in their order.

    What a disabled endpoint would have had is held: it is sent if it is asked for, once the
    endpoint is enabled. So is all that one wants whose filter cannot be read here, which a newer
    version of this package kept: nothing is lost, and nothing sent that it left out.
    """
    # Who is only polled asks for them.
    matcher = Matcher(each for each in endpoints if not each.is_only_polled)
    sent = {each.id for each in endpoints if each.enabled and is_read(each.filter)}
    made: list[Delivery] = []
    for record in records:
        made += [
            Delivery(
                id=new_uid(),
                endpoint_id=each.id,
                position=record.position,
                type=record.event.type,
                state="pending" if each.id in sent else "held",
            )
            for each in matcher.wanting(record)
        ]

    return made
