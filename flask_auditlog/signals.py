"""The signals the host app may listen to (blinker).

Each is sent after the commit, with the app as sender. An error in a receiver is logged
and counted, and never reaches the request.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

#: Sent as ``event_recorded(app, record=record)`` once a record is committed.
event_recorded = _signals.signal("auditlog-event-recorded")

#: Sent as ``event_failed(app, event=None, error=error)`` when an event could not be
#: recorded. ``event`` is ``None``: what was given may hold secrets that nobody masked yet.
event_failed = _signals.signal("auditlog-event-failed")

#: Sent as ``delivery_finished(app, delivery=delivery)`` when a delivery to a webhook has ended:
#: ``delivery.state`` is ``succeeded``, ``exhausted``, ``quarantined`` or ``cancelled``. By the
#: process that delivers, in a thread of its own.
delivery_finished = _signals.signal("auditlog-delivery-finished")
