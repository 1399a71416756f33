"""What is kept for one app, and who and where a request is."""

from __future__ import annotations

from .app import current
from .app import EXTENSION
from .app import of
from .app import send
from .app import State
from .app import state_here
from .app import states
from .blocks import acting
from .carry import carried
from .carry import resumed
from .first import at_first_request
from .news import our_version
from .repeats import Counted
from .repeats import Repeats
from .repeats import Told
from .shell import operator
from .visit import begun
from .visit import here
from .visit import note
from .visit import session_as_it_was
from .visit import SESSION_KEY
from .visit import traceparent
from .visit import user_agent
from .visit import Visit
from .visit import visit
from .who import request_context

__all__ = [
    "EXTENSION",
    "SESSION_KEY",
    "Counted",
    "Repeats",
    "State",
    "Told",
    "Visit",
    "acting",
    "at_first_request",
    "begun",
    "carried",
    "current",
    "here",
    "note",
    "of",
    "operator",
    "our_version",
    "request_context",
    "resumed",
    "send",
    "session_as_it_was",
    "state_here",
    "states",
    "traceparent",
    "user_agent",
    "visit",
]
