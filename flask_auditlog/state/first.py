"""What is done once, at the first request of an app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask import request_started


def at_first_request(app: Flask, function: Callable[[], None]) -> None:
    """Call *function* before anything of the host sees the first request of *app*.

    Later requests do not pay for it.
    """

    def begin(_: Any, **__: Any) -> None:
        function()
        # Last: another thread's request must not pass before it is done. For all senders: else
        # the signal goes on to look for the receivers of each.
        request_started.disconnect(begin)

    request_started.connect(begin, app, weak=False)
