"""A job of a queue that has one for each delivery. It imports nothing of ours."""

from __future__ import annotations

import urllib.request


def post(url: str) -> None:
    """Post to *url*."""
    request = urllib.request.Request(url, b"x" * 500, method="POST")  # noqa: S310 (our own)
    urllib.request.urlopen(request, timeout=15).close()  # noqa: S310
