"""What a spreadsheet makes of our CSV: where LibreOffice is installed, as `make test` does on Debian."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from flask_auditlog.export import blocks
from flask_auditlog.export import FORMATS
from flask_auditlog.export import Layout
from tests.export.records import BODIES
from tests.export.records import record
from tests.export.test_export import FORMULAS
from tests.export.test_export import SPACES

OFFICE, TIMEOUT = shutil.which("soffice"), shutil.which("timeout")
# Separated by commas, quoted by quotes, UTF-8, from the first line on.
CSV = "Text - txt - csv (StarCalc)"
COMMAS = "44,34,76,1"

pytestmark = [
    pytest.mark.skipif(not OFFICE or not TIMEOUT, reason="LibreOffice is not installed."),
    # It is slow to start where much else runs.
    pytest.mark.timeout(400),
]


def saved(folder: Path, text: bytes, name: str) -> str:
    """Open a file of CSV as a sheet, and save that."""
    (folder / "log.csv").write_bytes(text)
    out = folder / "saved"
    to = f"csv:{CSV}:{COMMAS}" if name == "csv" else name
    subprocess.run(
        [str(TIMEOUT), "180", str(OFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}",
         "--headless", f"--infilter={CSV}:{COMMAS}", "--convert-to", to, "--outdir", str(out), str(folder / "log.csv")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return (out / f"log.{name}").read_text("utf-8")


def table() -> bytes:
    hostile = [space + formula for space in SPACES for formula in FORMULAS]
    bodies = [
        json.dumps({"uid": f"u{n}", "time": n, "type": text, "error": f"{text}\n{text}"})
        for n, text in enumerate(hostile)
    ]
    records = [record(n, body) for n, body in enumerate([*BODIES, *bodies], start=1)]
    return b"".join(FORMATS["csv"].write(blocks(records), Layout(positions=True)))


def test_a_formula_is_no_formula_there(tmp_path: Path) -> None:
    # So we would see one.
    assert "table:formula" in saved(tmp_path, b"=1+1,2\r\n", "fods")
    assert "table:formula" not in saved(tmp_path, table(), "fods")


def test_each_text_is_the_same_there(tmp_path: Path) -> None:
    text = table()
    again = csv.reader(saved(tmp_path, text, "csv").splitlines(), strict=True)
    assert list(again) == list(csv.reader(text.decode().splitlines(), strict=True))
