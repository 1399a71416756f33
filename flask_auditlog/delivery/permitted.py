"""Where this app's webhooks may go."""

from __future__ import annotations

from ..errors import Fault
from ..errors import InvalidWebhook
from ..state import State
from .addresses import Networks
from .dial import approve
from .dial import numeric_resolver
from .dial import SendError
from .dial import system_resolver
from .target import target_of


def check_address(state: State, url: str) -> None:
    """:raises InvalidWebhook: when nothing would be sent to *url*, as things are now."""
    # A test has no network, but addresses in numbers need none.
    resolver = numeric_resolver if state.app.testing else system_resolver
    networks = Networks(state.settings.webhook_allow)
    try:
        approve(target_of(url), networks, resolver=resolver)
    except SendError as error:
        raise InvalidWebhook(faults=[Fault("url", str(error))]) from error
