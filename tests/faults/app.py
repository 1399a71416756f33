"""A host as gunicorn loads it: with ``--preload`` it has used its log before the fork."""

from __future__ import annotations

import os

from .jobs import make_app

app = make_app(os.environ["TEST_LOG"])
app.test_client().get("/visit")
