from __future__ import annotations

from tests.testing.running import run_tests as run_tests
