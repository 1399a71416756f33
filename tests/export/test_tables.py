"""Exports as other programs read them: pandas, DuckDB, and whoever reads JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from flask_auditlog.errors import QueryError
from flask_auditlog.event import Record
from flask_auditlog.export import blocks
from flask_auditlog.export import COLUMNS
from flask_auditlog.export import FORMATS
from flask_auditlog.export import Layout
from flask_auditlog.export import parquet
from flask_auditlog.export import wire
from flask_auditlog.export.cells import exact
from tests.export.records import BODIES
from tests.export.records import record
from tests.export.records import RECORDS

ALL = Layout(positions=True)


def written(name: str, records: list[Record], layout: Layout = ALL) -> bytes:
    return b"".join(FORMATS[name].write(blocks(records), layout))


def in_two(name: str, records: list[Record], at: int) -> bytes:
    """A file that a second writer goes on with."""
    first, second = FORMATS[name].writer(ALL, 0), FORMATS[name].writer(ALL, at)
    parts = [first.head(), *first.body(blocks(records[:at]))]

    return b"".join([*parts, second.head(), *second.body(blocks(records[at:])), second.foot()])


def fields(each: Record) -> dict[str, Any]:
    """What a row must say of a record."""
    body = json.loads(each.body)
    who = body.get("authDetails", {})
    said = {
        "position": each.position,
        "received_time": each.received_time,
        "time": body["time"],
        "type": body["type"],
        "realm": body["realmId"],
        "organization": body.get("organizationId"),
        "user": who.get("userId"),
        "username": who.get("username"),
        "client": who.get("clientId"),
        "ip": who.get("ipAddress"),
        "session": who.get("sessionId"),
        "operation": body.get("operationType"),
        "resource_type": body.get("resourceType"),
        "resource_path": body.get("resourcePath"),
        "error": body.get("error"),
        "request": body.get("requestId"),
        "source": body["source"],
        "uid": body["uid"],
        "details": body.get("details"),
        "representation": body.get("representation"),
        "actor_realm": who.get("realmId"),
        "traceparent": body.get("traceparent"),
        "user_agent": body.get("userAgent"),
        "token": body.get("tokenId"),
        "type_version": body.get("typeVersion"),
    }
    assert said.keys() == COLUMNS.keys()

    return said


@pytest.mark.parametrize("size", [0, 1, 2, 100])
def test_json_is_one_array_of_what_the_api_gives(size: int) -> None:
    records = [record(number, BODIES[3]) for number in range(1, size + 1)]
    text = written("json", records).decode()
    assert json.loads(text) == [json.loads(wire(each, True)) for each in records]
    assert len(text.splitlines()) >= size + 2


def test_json_tells_no_position_where_it_may_not() -> None:
    assert "position" not in json.loads(written("json", RECORDS, Layout(positions=False)))[0]


@pytest.mark.parametrize("name", ["csv", "ndjson", "json"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_file_that_another_writer_goes_on_with_is_the_same(name: str, at: int) -> None:
    assert in_two(name, RECORDS, at) == written(name, RECORDS)


def test_chosen_columns_come_in_the_order_they_were_asked_for() -> None:
    layout = FORMATS["csv"].layout("type,time,details,position", positions=True)
    lines = list(csv.reader(io.StringIO(written("csv", RECORDS, layout).decode(), newline="")))
    assert lines[0] == ["type", "time", "details", "position"]
    assert lines[1][:2] == ["admin.USER-UPDATE", "2023-07-10T12:09:44.518Z"]
    assert json.loads(lines[1][2]) == {"changes": {"role": ["member", "owner"]}}
    assert [line[3] for line in lines[1:]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "columns",
    [
        "position",
        "typ",
        "",
        "type,type",
        "type,",
        "=1",
        "a" * 9999,
        "details.",
        "details.a..b",
        "details.a,details.a",
        'details.a,details."a"',
        "details.a\nb",
        "detail.a",
        ",".join(f"details.a{n}" for n in range(65)),
    ],
)
def test_columns_that_cannot_be_are_refused(columns: str) -> None:
    with pytest.raises(QueryError) as refused:
        FORMATS["csv"].layout(columns, positions=False)
    assert refused.value.field == "columns"
    assert "a" * 100 not in str(refused.value)


@pytest.mark.parametrize("name", list(COLUMNS))
def test_each_column_can_be_had_alone(name: str) -> None:
    layout = FORMATS["csv"].layout(name, positions=True)
    whole = csv.DictReader(io.StringIO(written("csv", RECORDS).decode(), newline=""))
    alone = csv.DictReader(io.StringIO(written("csv", RECORDS, layout).decode(), newline=""))
    assert [row[name] for row in alone] == [row[name] for row in whole]


DETAILS = (
    '{"uid":"u5","time":0,"realmId":"default","type":"a.b","source":"api","details":{"plan":'
    '{"name":"pro","a b":1},"text":"=1+1","negative":-5,"long":12345678901234567890.50,"yes":true,'
    '"list":["\u2028",2],"nothing":null,"empty":"","a.b":"dotted","2":"two"}}'
)
# What stands below a path: in the cell of a CSV, and in Parquet.
CELLS = [
    ("plan.name", "pro", "pro"),
    ("text", "'=1+1", "=1+1"),
    ("negative", "-5", "-5"),
    ("long", "12345678901234567890.50", "12345678901234567890.50"),
    ("yes", "true", "true"),
    ("plan", '{"name":"pro","a b":1}', '{"name":"pro","a b":1}'),
    ("list", '["\\u2028",2]', '["\u2028",2]'),
    ("nothing", "", None),
    ("gone", "", None),
    ("plan.name.more", "", None),
    # As in searches: a dot is a step, and a number no place in a list.
    ("a.b", "", None),
    ("list.0", "", None),
    ("2", "two", "two"),
    ('plan."a b"', "1", "1"),
]


def test_any_path_of_the_details_is_a_column() -> None:
    layout = FORMATS["csv"].layout(
        ",".join(["type", *(f"details.{path}" for path, _, _ in CELLS)]), positions=True
    )
    text = written("csv", [record(1, DETAILS)], layout).decode()
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert head[1:3] == ["details.plan.name", "details.text"]
    assert head[-1] == "details.plan.a b"
    assert dict(zip(head[1:], row[1:], strict=True)) == {
        f"details.{path}".replace('"', ""): cell for path, cell, _ in CELLS
    }


def test_an_empty_text_of_the_details_is_told_from_none() -> None:
    layout = FORMATS["csv"].layout("details.empty,details.gone", positions=True)
    assert written("csv", [record(1, DETAILS)], layout).endswith(b'\r\n"",\r\n')
    assert written("csv", [record(1)], layout).endswith(b"\r\n,\r\n")


def test_a_path_of_the_details_is_a_column_of_text_in_parquet() -> None:
    pytest.importorskip("pyarrow")
    parquet_file = pytest.importorskip("pyarrow.parquet")
    layout = FORMATS["parquet"].layout(
        ",".join(f"details.{path}" for path, _, _ in CELLS), positions=True
    )
    table = parquet_file.read_table(io.BytesIO(written("parquet", [record(1, DETAILS)], layout)))
    (row,) = table.to_pylist()
    assert list(row.values()) == [value for _, _, value in CELLS]


def test_pandas_reads_from_parquet_what_was_stored(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    file = tmp_path / "log.parquet"
    file.write_bytes(written("parquet", RECORDS))
    table = pandas.read_parquet(file).astype(object)
    for name in ("received_time", "time"):
        assert str(pandas.read_parquet(file)[name].dtype) == "datetime64[ms, UTC]"
    read = table.where(table.notna(), None).to_dict("records")
    for row in read:
        row["details"] = row["details"] and json.loads(row["details"])
        row["type_version"] = row["type_version"] and int(row["type_version"])
    exact = pandas.read_parquet(file)[["received_time", "time"]].astype("int64")
    rows = [row | times for row, times in zip(read, exact.to_dict("records"), strict=True)]
    assert rows == [fields(each) for each in RECORDS]


def test_duckdb_reads_the_same_from_parquet_json_and_ndjson(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    for name in ("parquet", "json", "ndjson", "csv"):
        (tmp_path / f"log.{name}").write_bytes(written(name, RECORDS))

    def told(sql: str) -> list[Any]:
        return list(duckdb.sql(sql.format(tmp_path)).fetchall())

    wanted = [(each["uid"], each["type"], each["error"]) for each in map(fields, RECORDS)]
    for reader in ("parquet('{}/log.parquet')", "json_auto('{}/log.json')"):
        assert told(f"SELECT uid, type, error FROM read_{reader}") == wanted
    assert told("SELECT uid, type, error FROM read_ndjson_auto('{}/log.ndjson')") == wanted
    assert told("SELECT count(*), min(position) FROM read_csv('{}/log.csv', header=true)") == [
        (4, 1)
    ]


def test_pandas_and_duckdb_read_each_cell_of_a_table_as_it_was_written(tmp_path: Path) -> None:
    pandas, duckdb = pytest.importorskip("pandas"), pytest.importorskip("duckdb")
    file = tmp_path / "log.csv"
    file.write_bytes(written("csv", RECORDS))
    cells = list(csv.reader(io.StringIO(file.read_text("utf-8"), newline="")))[1:]
    frame = pandas.read_csv(file, dtype=str, keep_default_na=False)
    assert frame.to_numpy().tolist() == cells
    found = duckdb.sql(f"SELECT * FROM read_csv('{file}', header=true, all_varchar=true)")
    assert [[cell or "" for cell in row] for row in found.fetchall()] == cells
    # So whoever knows the rule has the texts again.
    texts = [fields(each)["error"] or "" for each in RECORDS]
    assert [exact(cell) for cell in frame["error"]] == texts


def test_parquet_is_written_in_groups_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    arrow = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet, "ROWS", 10)
    records = [record(number) for number in range(1, 26)]
    file = arrow.ParquetFile(io.BytesIO(written("parquet", records)))
    assert file.metadata.num_row_groups == 3
    assert file.read(["position"]).to_pydict() == {"position": list(range(1, 26))}


def test_parquet_of_nothing_is_a_table_with_columns() -> None:
    arrow = pytest.importorskip("pyarrow.parquet")
    layout = FORMATS["parquet"].layout("type,uid", positions=False)
    table = arrow.read_table(io.BytesIO(written("parquet", [], layout)))
    assert (table.column_names, table.num_rows) == (["type", "uid"], 0)


def test_parquet_written_twice_is_the_same_file() -> None:
    pytest.importorskip("pyarrow")
    assert written("parquet", RECORDS) == written("parquet", RECORDS)


def test_without_its_package_parquet_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "PACKAGE", "no_such_package")
    assert not FORMATS["parquet"].is_there()
    with pytest.raises(QueryError, match="extra `parquet`"):
        written("parquet", RECORDS)
