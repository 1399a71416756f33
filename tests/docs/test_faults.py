"""What the page of faults says is shown by tests that are there."""

from __future__ import annotations

import re

from .pages import DOCS
from .pages import ROOT

PAGE = DOCS / "why" / "webhooks-faults.md"


def test_each_fault_is_shown_by_tests_that_are_there() -> None:
    files = [each.read_text() for each in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in files for name in re.findall(r"def (test_\w+)\(", text)}
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named or row.startswith("| Fault |"), row
        assert set(named) <= there, row
    assert len(rows) > 35
