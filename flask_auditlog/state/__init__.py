"""What is kept for one app, and who and where a request is."""

from __future__ import annotations

from .app import current
from .app import EXTENSION
from .app import of
from .app import send
from .app import State
from .visit import session_as_it_was
from .visit import SESSION_KEY
from .visit import traceparent
from .visit import user_agent
from .visit import Visit
from .visit import visit
from .who import acting
from .who import request_context

__all__ = [
    "EXTENSION",
    "SESSION_KEY",
    "State",
    "Visit",
    "acting",
    "current",
    "of",
    "request_context",
    "send",
    "session_as_it_was",
    "traceparent",
    "user_agent",
    "visit",
]
