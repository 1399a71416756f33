"""What is dear to import is imported by those who need it, when they do."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = "import flask_auditlog, sys; sys.exit(sys.argv[1] in sys.modules)"


@pytest.mark.parametrize(
    "name",
    [
        "alembic",
        "lark",
        "limits",
        "marshmallow",
        "psycopg",
        "pyarrow",
        "sqlalchemy.dialects.postgresql.base",
    ],
)
def test_the_package_does_not_import_it(name: str) -> None:
    assert subprocess.run([sys.executable, "-c", SCRIPT, name], check=False).returncode == 0
