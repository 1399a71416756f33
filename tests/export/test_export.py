"""Records written down: what a program reads back, and what a spreadsheet makes of it."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_auditlog.event import Record
from flask_auditlog.export import blocks
from flask_auditlog.export import FORMATS
from flask_auditlog.export import Layout
from flask_auditlog.export import wire
from flask_auditlog.export.cells import inert
from flask_auditlog.export.cells import iso_time
from flask_auditlog.export.chunks import CHUNK
from flask_auditlog.export.chunks import chunks
from tests.export.records import BODIES
from tests.export.records import record
from tests.export.records import RECORDS

VECTORS = Path(__file__).parents[1] / "vectors"


def written(name: str, records: list[Record], *, positions: bool = True) -> bytes:
    return b"".join(FORMATS[name].write(blocks(records), Layout(positions)))


def rows(records: list[Record], *, positions: bool = True) -> list[dict[str, str]]:
    text = written("csv", records, positions=positions).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("name", ["csv", "ndjson"])
@pytest.mark.parametrize(("positions", "suffix"), [(True, "whole-realm"), (False, "organization")])
def test_the_bytes_are_those_of_the_golden_vector(name: str, positions: bool, suffix: str) -> None:
    vector = VECTORS / f"export-{suffix}.{name}"
    assert written(name, RECORDS, positions=positions) == vector.read_bytes()


@pytest.mark.parametrize("body", BODIES)
def test_a_line_is_the_stored_body_and_two_keys_behind_it(body: str) -> None:
    line = wire(record(7, body), True)
    assert line == body[:-1] + ',"position":7,"receivedTime":1688990984607}'
    assert json.loads(line) == json.loads(body) | {"position": 7, "receivedTime": 1688990984607}


def test_the_wire_tells_no_position_where_it_may_not() -> None:
    assert "position" not in json.loads(wire(record(7), False))
    assert "position" not in rows([record(7)], positions=False)[0]


def test_an_erased_body_still_makes_a_line_and_a_row() -> None:
    assert json.loads(wire(record(7, "{}"), True)) == {"position": 7, "receivedTime": 1688990984607}
    assert rows([record(7, "{}")])[0]["position"] == "7"


@pytest.mark.parametrize("size", [0, 1, 2, 99, 100, 101])
def test_every_record_is_one_line_in_any_reader(size: int) -> None:
    records = [record(number, BODIES[3]) for number in range(1, size + 1)]
    lines = written("csv", records).decode().splitlines()
    assert len(lines) == size + 1
    assert len(rows(records)) == size
    assert written("ndjson", records).count(b"\n") == size


def test_a_row_says_what_the_record_says() -> None:
    row = rows(RECORDS)[0]
    assert row["position"] == "1"
    assert row["received_time"] == "2023-07-10T12:09:44.601Z"
    assert row["time"] == "2023-07-10T12:09:44.518Z"
    assert (row["type"], row["realm"], row["organization"]) == (
        "admin.USER-UPDATE",
        "default",
        "northwind",
    )
    assert (row["user"], row["username"]) == ("2b80", "maya@northwind.example")
    assert (row["client"], row["ip"], row["session"]) == ("web-app", "203.0.113.24", "70c4")
    assert (row["resource_type"], row["resource_path"]) == ("USER", "users/7f3c1b90")
    assert (row["operation"], row["error"]) == ("UPDATE", "not_allowed")
    assert (row["request"], row["source"]) == ("01H4YZ8T", "capture")
    assert row["details"] == '{"changes":{"role":["member","owner"]}}'
    assert row["user_agent"] == "curl/8.1, x"


def test_details_are_json_whatever_stands_in_them() -> None:
    details = json.loads(rows(RECORDS)[3]["details"])
    assert details == {"text": "one\ntwo\u2028three\x85", "comma": "a,b"}


FORMULAS = """
=1+1 +1 -1 @SUM(A1) =cmd|'/C!A0 ＝1+1 ＋1 －1 ＠x ﹦1 ﹢1 ﹣1 ﹫x
""".split()
SPACES = ["", " ", "  ", "\t", "\r", "\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x00", " \t "]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("space", SPACES)
def test_a_formula_is_text(formula: str, space: str) -> None:
    assert inert(space + formula).startswith("'")


@pytest.mark.parametrize("text", ["\tx", "\rx", "\t"])
def test_a_cell_that_begins_with_a_tab_is_text(text: str) -> None:
    assert inert(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["", "a=1", "1-1", "bob@acme.test", "{}", " a", "é", "C:\\new", "日本"]
)
def test_an_ordinary_cell_is_left_alone(text: str) -> None:
    assert inert(text) is text


CONTROLS = [
    *map(chr, range(32)),
    *map(chr, range(127, 160)),
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
]


@pytest.mark.parametrize("control", sorted(set(CONTROLS) - {"\t"}))
def test_a_control_character_is_seen_and_not_obeyed(control: str) -> None:
    cell = inert(f"a{control}b")
    assert cell.isprintable()
    assert cell.startswith("'")
    assert json.loads(f'"{cell[1:]}"') == f"a{control}b"


@pytest.mark.parametrize("control", [each for each in CONTROLS if each >= "\x7f"])
def test_a_control_character_in_details_is_written_as_json_has_it(control: str) -> None:
    """Those before it cannot stand in JSON as they are."""
    body = f'{BODIES[1][:-1]},"details":{{"a":"a{control}b"}}}}'
    cell = rows([record(1, body)])[0]["details"]
    assert cell == f'{{"a":"a\\u{ord(control):04x}b"}}'


@pytest.mark.parametrize("column", ["error", "type_version", "details.plan", "details"])
def test_a_table_of_one_column_has_no_empty_line(column: str) -> None:
    """Many who read one leave those out."""
    lines = b"".join(FORMATS["csv"].write([[record(1), record(2)]], Layout(True, (column,))))
    assert lines.decode() == f'{column}\r\n""\r\n""\r\n'


def test_a_tab_within_a_cell_stays() -> None:
    assert inert("a\tb") == "a\tb"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1688990984518, "2023-07-10T12:09:44.518Z"),
        (1688990984007, "2023-07-10T12:09:44.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (253402300799999, "9999-12-31T23:59:59.999Z"),
        (253402300800000, "253402300800000"),
        (-62135596800001, "-62135596800001"),
        (10**30, "1" + "0" * 30),
        (None, ""),
    ],
)
def test_iso_time(milliseconds: int | None, text: str) -> None:
    assert iso_time(milliseconds) == text


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1])
def test_chunks_are_the_lines_whatever_the_size(size: int) -> None:
    pieces = list(chunks("x" for _ in range(size)))
    assert b"".join(pieces) == b"x" * size
    assert [len(piece) for piece in pieces[:-1]] == [CHUNK] * (len(pieces) - 1)
    assert all(pieces)


@pytest.mark.parametrize("name", ["csv", "ndjson"])
def test_an_export_reads_no_more_than_it_has_given_away(name: str) -> None:
    taken = itertools.count()

    def endless() -> Iterator[Record]:
        while True:
            yield record(next(taken) + 1)

    stream = FORMATS[name].write(blocks(endless()), Layout(positions=True))
    given = sum(next(stream).count(b"\n") for _ in range(3))
    assert next(taken) <= given + 1


def test_an_export_of_nothing_is_a_header_or_nothing() -> None:
    assert written("ndjson", []) == b""
    assert written("csv", [], positions=False).startswith(b"received_time,time,type,realm,")
    assert written("csv", []).startswith(b"position,received_time,")


def test_a_format_is_known_by_its_name() -> None:
    assert list(FORMATS) == ["csv", "ndjson", "json", "parquet"]
    assert FORMATS["csv"].mimetype == "text/csv; charset=utf-8"
