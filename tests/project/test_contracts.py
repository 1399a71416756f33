"""Each import contract is broken once, to see that it can be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = [
    ("Imports run downhill", "store/query.py", "from .. import recorder"),
    ("Imports run downhill", "capture/__init__.py", "from .. import web"),
    (
        "The API and the admin pages do not know each other",
        "web/api/__init__.py",
        "from .. import admin",
    ),
    ("The pure middle imports no framework", "redact/__init__.py", "import flask"),
    ("The pure middle imports no framework", "store/search/cursor.py", "from .. import tables"),
    ("Only the store speaks SQL", "web/reads.py", "import sqlalchemy"),
    ("Only the background work knows the queues", "capture/logins.py", "import celery"),
]


def lint_imports(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a checkout."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=checkout, check=False, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package that may be broken."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "flask_auditlog", tmp_path / "flask_auditlog")
    return tmp_path


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_violation_is_seen(checkout: Path, contract: str, module: str, line: str) -> None:
    path = checkout / "flask_auditlog" / module
    path.write_text(f"{path.read_text()}\n{line}\n")
    result = lint_imports(checkout)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken)
