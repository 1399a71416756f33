"""Files with a manifest beside them."""

from __future__ import annotations

import csv
import errno
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from flask_auditlog.cli import exporting
from flask_auditlog.event import Draft
from tests.apps import events
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import refused
from tests.cli.shell import run
from tests.cli.test_look import write


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    app = make_app()
    write(app, Draft(type="invoice.paid", time=1000), Draft(type="other", time=2000))
    return app


def manifest(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.with_name(f"{file.name}.manifest.json").read_bytes())
    return told


def test_a_manifest_stands_beside_the_file(host: Flask, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    ok(host, "export", "type:*", "--columns", "type,time", "-o", str(file))
    assert file.read_bytes().decode() == (
        "type,time\r\nother,1970-01-01T00:00:02.000Z\r\ninvoice.paid,1970-01-01T00:00:01.000Z\r\n"
    )
    told = manifest(file)
    assert (told["file"], told["query"]) == ("out.csv", {"q": "type:*"})
    assert told["exportedBy"]["username"] == OPERATOR
    assert told["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert told["event"] == events(host)[-1].uid
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "out.csv",
        "out.csv.manifest.json",
    ]


def test_a_file_is_checked_against_its_manifest(host: Flask, tmp_path: Path) -> None:
    file = tmp_path / "out.ndjson"
    ok(host, "export", "--format", "ndjson", "-o", str(file))
    assert "as its manifest says: 2 events" in ok(host, "export", "--check", str(file))
    file.write_bytes(file.read_bytes().replace(b"other", b"0ther"))
    assert "not the file that its manifest tells of" in refused(
        host, "export", "--check", str(file)
    )
    (tmp_path / "out.ndjson.manifest.json").write_text('["not one"]')
    assert "cannot be read" in refused(host, "export", "--check", str(file))


def test_a_full_disk_leaves_the_file_that_was_there(
    host: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.csv"
    file.write_text("of yesterday")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run(host, "export", "-o", str(file))
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["out.csv"]
    assert file.read_text() == "of yesterday"


def test_an_export_that_breaks_off_is_recorded_as_not_complete(
    host: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    class Disk:
        def __enter__(self) -> Full:
            return Full()

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(exporting, "_whole", lambda _: Disk())
    assert run(host, "export", "-o", str(tmp_path / "out.csv")).exit_code == 1
    assert (events(host)[-1].details or {})["complete"] is False


def test_every_format_is_written(host: Flask, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("csv", "ndjson", "json", "parquet"):
        file = tmp_path / f"out.{name}"
        ok(host, "export", "--format", name, "-o", str(file))
        assert manifest(file)["records"] >= 2
    assert len(json.loads((tmp_path / "out.json").read_bytes())) == 2
    assert len(list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))) == 2


def test_a_terminal_shows_how_far_it_is(
    host: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "out.csv")
    assert run(host, "export", "-o", file).stderr == ""
    shown: list[Any] = []
    bar = click.progressbar

    def seen(*args: Any, **kwargs: Any) -> Any:
        shown.append(kwargs["length"])
        return bar(*args, **kwargs)

    monkeypatch.setattr(exporting, "is_terminal", lambda: True)
    monkeypatch.setattr(click, "progressbar", seen)
    assert run(host, "export", "-o", file).exit_code == 0
    assert shown == [2]
