from __future__ import annotations

from tests.apps import make_app as make_app
