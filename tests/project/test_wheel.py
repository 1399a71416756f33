"""What is not Python must be in the wheel too, and what is not the package must not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "flask_auditlog"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_file_of_the_package(packed: set[str]) -> None:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {str(path.relative_to(ROOT)) for path in files} <= packed


def test_the_wheel_holds_the_package_alone(packed: set[str]) -> None:
    roots = {name.split("/")[0] for name in packed}
    assert {root.partition("-")[0] for root in roots} == {"flask_auditlog"}


@pytest.mark.parametrize("name", ["py.typed", "store/migrations/env.py"])
def test_the_wheel_holds(packed: set[str], name: str) -> None:
    assert f"flask_auditlog/{name}" in packed
