"""Events that come back from a file: what is stored is what was exported."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_auditlog.event import Actor
from flask_auditlog.event import Draft
from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.export import COLUMNS
from tests.apps import events
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import run
from tests.cli.test_look import write

SPREADSHEET = [
    "'=1", "''=1", "=1+1", " =1", "a\nb", "a\\nb", "'\\n\n", "\\u000a", "\t=1", "", " ", '"', "a,b", "C:\\new", "\u2028", "1,5",
]  # fmt: skip
HOSTILE = "\u202e=1+1 \"'\n\\n\\u0041 \U0001f600"


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    app = make_app()
    details = {"text": HOSTILE, "numbers": [1, 1.5, 1e300, 2**63, None, True], "a": {"b": {}}}
    write(
        app,
        Draft(type="access.LOGIN", time=1000, error=HOSTILE, details=details),
        Draft(type="a.b", time=2000, organization_id="acme", resource_path=HOSTILE),
    )
    return app


@pytest.fixture
def other(make_app: MakeApp) -> Flask:
    """Another log."""
    return make_app()


def exported(host: Flask, folder: Path, name: str) -> Path:
    if name == "parquet":
        pytest.importorskip("pyarrow")
    file = folder / f"log.{name}"
    ok(host, "export", "--format", name, "-o", str(file))
    return file


def plain(app: Flask) -> dict[str, Event]:
    return {each.uid: each for each in events(app) if not each.type.startswith("admin.AUDIT_LOG")}


def line(**more: Any) -> str:
    body = {"uid": new_uid(), "time": 1, "realmId": "default", "type": "a.b", "source": "api"}
    return json.dumps(body | more)


@pytest.mark.parametrize("name", ["ndjson", "json", "csv", "parquet"])
def test_another_log_has_what_was_exported(
    host: Flask, other: Flask, tmp_path: Path, name: str
) -> None:
    file = exported(host, tmp_path, name)
    assert ok(other, "import", str(file)).startswith("2 events are imported, 0 were there")
    were, are = plain(host), plain(other)
    assert were.keys() == are.keys()
    for uid, event in are.items():
        assert event.source == "import"
        assert {**as_json(event), "source": None} == {**as_json(were[uid]), "source": None}


def as_json(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


@pytest.mark.parametrize("name", ["ndjson", "csv", "parquet"])
def test_to_import_twice_changes_nothing(
    host: Flask, other: Flask, tmp_path: Path, name: str
) -> None:
    file = exported(host, tmp_path, name)
    ok(other, "import", str(file))
    before = plain(other)
    assert ok(other, "import", str(file)).startswith("0 events are imported, 2 were there")
    assert plain(other) == before


@pytest.mark.parametrize("name", ["json", "csv"])
def test_the_log_that_it_came_from_stays_as_it_is(host: Flask, tmp_path: Path, name: str) -> None:
    before = plain(host)
    said = ok(host, "import", str(exported(host, tmp_path, name)))
    assert said.startswith("0 events are imported, 2 were there")
    assert plain(host) == before


WRONG = [
    ("{", "This is not JSON"),
    ("[1]", "no event"),
    ("\x00", "This is not JSON"),
    ('{"uid":"x","uid":"y"}', "stands twice"),
    (line(uid="x"), "A uid is a UUID"),
    (line(uid=None), "This is no event"),
    (line(typo=1), "a field that no event has"),
    (line(type=7), "This is no event"),
    (line(type="a" * 300), "longer than"),
    (line(time=10**15), "not in the future"),
    (line(time=-1), "milliseconds since 1970"),
    (line(realmId="nowhere"), "is no"),
    (line(operationType="EAT"), "operationType is one of"),
    (line(details={"a": "\x00"}), "NUL"),
    (line(details={"x": "y" * 70_000}), "longer than an event"),
    ("[" * 5000, "nested too deep"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words for _, words in WRONG])
def test_one_wrong_line_and_nothing_is_stored(
    other: Flask, tmp_path: Path, wrong: str, words: str
) -> None:
    file = tmp_path / "log.ndjson"
    file.write_text(f"{line()}\n{wrong}\n{line()}\n")
    result = run(other, "import", str(file))
    assert result.exit_code == 1, result.output
    assert "Line 2: " in result.stderr
    assert words in result.stderr
    assert "Nothing was stored" in result.stderr
    assert plain(other) == {}


def test_another_event_with_the_same_uid_is_refused(other: Flask, tmp_path: Path) -> None:
    file, uid = tmp_path / "log.ndjson", new_uid()
    file.write_text(line(uid=uid) + "\n")
    ok(other, "import", str(file))
    file.write_text(line(uid=uid, type="c.d") + "\n")
    assert "with another content" in run(other, "import", str(file)).stderr
    assert [each.type for each in plain(other).values()] == ["a.b"]


def test_an_event_of_another_realm_with_the_same_uid_is_refused_before_anything_is_stored(
    make_app: MakeApp, tmp_path: Path
) -> None:
    app, file, uid = (
        make_app(AUDITLOG_REALMS=["default", "acme"]),
        tmp_path / "log.ndjson",
        new_uid(),
    )
    file.write_text(line(uid=uid, realmId="acme"))
    ok(app, "import", str(file))
    file.write_text("\n".join([*(line() for _ in range(600)), line(uid=uid)]))
    result = run(app, "import", str(file))
    assert "Line 601: An event with this uid is in the log" in result.stderr
    assert plain(app) == {}


@pytest.mark.parametrize("between", [0, 600])
def test_two_events_with_one_uid_and_nothing_is_stored(
    other: Flask, tmp_path: Path, between: int
) -> None:
    file, uid = tmp_path / "log.ndjson", new_uid()
    lines = [line(uid=uid), *(line() for _ in range(between)), line(uid=uid, type="c.d")]
    file.write_text("\n".join(lines))
    result = run(other, "import", str(file))
    assert f"Line {between + 2}: Another event of the file has the same uid." in result.stderr
    assert "Nothing was stored" in result.stderr
    assert plain(other) == {}


@pytest.mark.parametrize("between", [0, 600])
def test_one_event_twice_in_a_file_is_stored_once(
    other: Flask, tmp_path: Path, between: int
) -> None:
    file, same = tmp_path / "log.ndjson", line()
    file.write_text("\n".join([same, *(line() for _ in range(between)), same]))
    said = ok(other, "import", str(file))
    assert said.startswith(f"{between + 1} events are imported, 1 were there already")
    assert len(plain(other)) == between + 1


def test_a_secret_is_masked_on_this_way_too(other: Flask, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    file.write_text(line(details={"password": "hunter2"}) + "\n")
    ok(other, "import", str(file))
    (event,) = plain(other).values()
    assert event.details == {"password": "[masked]"}
    assert ok(other, "import", str(file)).startswith("0 events are imported, 1 were there")


def test_what_can_be_imported_is_said_before(other: Flask, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    file.write_text(f"{line()}\n\n{line()}\n")
    assert ok(other, "import", "--check", str(file)) == "2 events can be imported.\n"
    assert events(other) == []


def test_a_file_that_is_not_there_is_told_in_a_line(other: Flask, tmp_path: Path) -> None:
    result = run(other, "import", str(tmp_path / "none.ndjson"))
    assert result.exit_code == 1
    assert "No such file" in result.stderr
    assert events(other) == []


def test_who_imported_what_is_recorded(host: Flask, other: Flask, tmp_path: Path) -> None:
    ok(other, "import", str(exported(host, tmp_path, "ndjson")))
    first, *_, last = events(other)
    assert first.details == {"action": "import", "file": "log.ndjson"}
    assert last.details == {**first.details, "records": 2, "began": first.uid}


def test_a_table_has_each_text_as_it_was_stored(
    make_app: MakeApp, other: Flask, tmp_path: Path
) -> None:
    app = make_app()
    who = Actor(client_id="", user_id="'-1", session_id="a\\rb\rc")
    write(
        app,
        *(Draft(type="a.b", error=each, details={each: [each]}) for each in SPREADSHEET),
        Draft(type="a.b", auth_details=who, representation='{"a":"x\\ny"}', details={}),
    )
    ok(other, "import", str(exported(app, tmp_path, "csv")))
    were = {uid: as_json(each) | {"source": "import"} for uid, each in plain(app).items()}
    assert {uid: as_json(each) for uid, each in plain(other).items()} == were


def test_an_actor_who_is_nobody_is_the_same_as_none(host: Flask, tmp_path: Path) -> None:
    write(host, Draft(type="a.b", auth_details=Actor()))
    said = ok(host, "import", str(exported(host, tmp_path, "csv")))
    assert said.startswith("0 events are imported, 3 were there")


def row(**more: str) -> str:
    cells = {"uid": new_uid(), "time": "1970-01-01T00:00:00.001Z", "realm": "default"}
    cells |= {"type": "a.b", "source": "api"} | more
    return ",".join(cells.get(name, "") for name in COLUMNS)


WRONG_ROWS = [
    (row(uid="x"), "A uid is a UUID"),
    (row(uid=""), "This is no event"),
    (row(type="'a\\u0000"), "NUL"),
    (row(error="\x00"), "NUL"),
    (row(error="'\\ud800"), "half of a surrogate pair"),
    (row(error="x" * 500_000), "longer than an event may be"),
    (row(error="x" * 70_000), "error is longer than"),
    (row(details="7"), "`details` is no JSON object"),
    (row(details="{"), "`details`: This is not JSON"),
    (row(details='"{""a"":1,""a"":2}"'), "stands twice"),
    (row(details='"{},""uid"":""x"""'), "`details`: This is not JSON"),
    (row(details="[" * 5000), "nested too deep"),
    (row(time="yesterday"), "`time` is a time as"),
    (row(time="2999-01-01T00:00:00.000Z"), "not in the future"),
    (row(realm="nowhere"), "is no"),
    (row(operation="EAT"), "operationType is one of"),
    (row(error='"a\nb"'), "a quote too many or too few"),
    (row(error="\udcff"), "It is not UTF-8"),
    (row().replace(",", ";"), "1 cells below 25 columns"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG_ROWS, ids=[words for _, words in WRONG_ROWS])
def test_one_wrong_row_and_nothing_is_stored(
    other: Flask, tmp_path: Path, wrong: str, words: str
) -> None:
    file = tmp_path / "log.csv"
    text = "\n".join([",".join(COLUMNS), row(), wrong, row(), ""])
    file.write_bytes(text.encode(errors="surrogateescape"))
    result = run(other, "import", str(file))
    assert result.exit_code == 1, result.output
    assert "Line 3: " in result.stderr
    assert words in result.stderr
    assert "Nothing was stored" in result.stderr
    assert plain(other) == {}


TABLES = [
    ("log.csv", "", "not even the names"),
    ("log.csv", "\ufeff" + ",".join(COLUMNS), "byte order mark"),
    ("log.txt", "\ufeff" + ",".join(COLUMNS), "byte order mark"),
    ("log.txt", ";".join(COLUMNS), "not separated by commas"),
    ("log.txt", "time,type\n1,a.b", "without --columns"),
    ("log.csv", "\udcff\udcfe", "Line 1: It is not UTF-8"),
    ("log.csv", '{"uid":"x"}', "not separated by commas"),
]


@pytest.mark.parametrize(("name", "text", "words"), TABLES, ids=[each[2] for each in TABLES])
def test_a_table_that_is_none_is_told_in_a_sentence(
    other: Flask, tmp_path: Path, name: str, text: str, words: str
) -> None:
    file = tmp_path / name
    file.write_bytes(text.encode(errors="surrogateescape"))
    result = run(other, "import", str(file))
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert plain(other) == {}


def _changed(file: Path, name: str, values: list[Any] | None) -> None:
    """The same file of Parquet with other values in one column, without it, or with one more."""
    parquet = importlib.import_module("pyarrow.parquet")
    table = parquet.read_table(file)
    at = table.schema.get_field_index(name)
    kept = table if at < 0 else table.drop_columns([name])
    if values is not None:
        kept = kept.append_column(name, [values])
    parquet.write_table(kept, file)


WRONG_PARQUET = [
    ("type", None, "lacks columns that an event needs (type)"),
    ("type", [1, 2], "`type` is of int64, and not of string"),
    ("time", ["x", "y"], "`time` is of string, and not of timestamp"),
    ("error_code", ["x", "y"], "a column that no export has"),
    ("details", ["{}", "{"], "Line 2: `details`: This is not JSON"),
    ("uid", ["x", None], "Line 1: A uid is a UUID"),
]


@pytest.mark.parametrize(
    ("column", "values", "words"), WRONG_PARQUET, ids=[each[2] for each in WRONG_PARQUET]
)
def test_a_wrong_file_of_parquet_is_told_in_a_sentence(
    host: Flask, other: Flask, tmp_path: Path, column: str, values: list[Any] | None, words: str
) -> None:
    file = exported(host, tmp_path, "parquet")
    _changed(file, column, values)
    result = run(other, "import", str(file))
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert plain(other) == {}


def test_a_torn_file_of_parquet_is_told_in_a_sentence(
    host: Flask, other: Flask, tmp_path: Path
) -> None:
    file = exported(host, tmp_path, "parquet")
    file.write_bytes(file.read_bytes()[:-9])
    result = run(other, "import", str(file))
    assert result.exit_code == 1, result.output
    assert "It cannot be read as Parquet" in result.stderr


def test_the_table_of_an_organization_can_be_imported(
    host: Flask, other: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "log"
    names = ",".join(name for name in COLUMNS if name not in ("position", "received_time"))
    ok(host, "export", "--columns", names, "-o", str(file))
    assert ok(other, "import", str(file)).startswith("2 events are imported, 0 were there")
