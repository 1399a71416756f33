"""Nothing in Ledgerly is forgotten by its log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_everything_is_audited_or_left_out_for_a_reason(tmp_path: Path) -> None:
    words = ["--app", "example_app", "auditlog", "coverage", "--fail-under", "100"]
    # In a process of its own: the models of other tests are none of Ledgerly's.
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env={**os.environ, "LEDGERLY_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("100 % covered")
    assert "Mail" in done.stdout
