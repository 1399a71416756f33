from __future__ import annotations

from tests.apps import make_app as make_app
from tests.testing.running import run_tests as run_tests
