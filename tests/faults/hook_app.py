"""A host as gunicorn loads it, whose events go to webhooks."""

from __future__ import annotations

import os

from .delivering import make_host

app = make_host(os.environ["TEST_LOG"], timeout=5)
