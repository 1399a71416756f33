"""A table of CSV is an exact copy too: whoever knows its rule has the events again."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.errors import InvalidEvent
from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.event import Record
from flask_auditlog.export import blocks
from flask_auditlog.export import COLUMNS
from flask_auditlog.export import FORMATS
from flask_auditlog.export import Layout
from flask_auditlog.export.cells import exact
from flask_auditlog.export.cells import inert
from flask_auditlog.export.rows import is_header
from flask_auditlog.export.rows import Rows
from tests.export.records import BODIES
from tests.export.records import record

FRAGMENTS = ["'", "''", "=1", "@", " ", "\t", "\n", "\r", "\\", "\\n", "\\u000a", "\\u005c", "u005c", "n",
    "\u2028", "\x00", "\x7f", "\u202e", '"', '""', ",", ";", "\u00e9", "\ufeff", "\uff1d", "{}"]  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join) | st.text(max_size=9)
maybe = st.none() | texts
words = st.fixed_dictionaries({}, optional=dict.fromkeys(Actor.__struct_fields__, texts))
# JSON has no infinity: nothing stored is one.
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
nested = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
stored = st.builds(
    Event,
    uid=st.uuids().map(str),
    time=st.integers(-(10**13), 10**15),
    realm_id=texts,
    type=texts,
    source=st.sampled_from(["capture", "api", "system"]),
    organization_id=maybe,
    operation_type=maybe,
    resource_path=maybe,
    representation=maybe,
    error=maybe,
    user_agent=maybe,
    # A table does not tell an actor who is nobody from none.
    auth_details=words.map(lambda given: Actor(**given) if given else None),
    type_version=st.none() | st.integers(0, 9),
    details=st.none() | st.dictionaries(texts, nested, max_size=3),
)


def table(records: list[Record], *, positions: bool = True) -> list[str]:
    layout = Layout(positions)
    return (
        b"".join(FORMATS["csv"].write(blocks(records), layout)).decode().splitlines(keepends=True)
    )


def again(lines: list[str]) -> list[Event]:
    rows = Rows(lines[0])
    return [event_of(rows.event(line)) for line in lines[1:]]


def event_of(fields: dict[str, Any]) -> Event:
    if "details" in fields:
        fields["details"] = msgspec.json.decode(fields["details"])
    return msgspec.convert(fields, Event)


@given(texts)
def test_a_cell_is_read_back_as_what_it_was(text: str) -> None:
    assert exact(inert(text)) == text


@given(texts)
def test_no_two_texts_make_the_same_cell(text: str) -> None:
    # A cell that came back as another text would be that text's too.
    assert inert(exact(inert(text))) == inert(text)


@given(st.lists(stored, max_size=3), st.booleans())
def test_a_table_is_read_back_as_what_was_stored(events: list[Event], positions: bool) -> None:
    records = [record(n, msgspec.json.encode(each).decode()) for n, each in enumerate(events)]
    lines = table(records, positions=positions)
    assert len(lines) == len(events) + 1
    assert again(lines) == events


@given(stored)
def test_any_reader_finds_as_many_cells(event: Event) -> None:
    text = "".join(table([record(1, msgspec.json.encode(event).decode())]))
    lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [len(line) for line in lines] == [len(COLUMNS)] * 2


def test_columns_may_come_in_another_order() -> None:
    order = ",".join(reversed(list(COLUMNS)))
    layout = FORMATS["csv"].layout(order, positions=True)
    lines = b"".join(FORMATS["csv"].write([[record(1, BODIES[0])]], layout)).decode().splitlines()
    (event,) = again(lines)
    assert event == msgspec.json.decode(BODIES[0], type=Event)


def test_what_was_picked_out_of_the_details_is_read_over() -> None:
    order = ",".join(["details.changes.role", *COLUMNS, "details.nothing"])
    layout = FORMATS["csv"].layout(order, positions=True)
    lines = b"".join(FORMATS["csv"].write([[record(1, BODIES[0])]], layout)).decode().splitlines()
    assert lines[0].startswith("details.changes.role,")
    (event,) = again(lines)
    assert event == msgspec.json.decode(BODIES[0], type=Event)


def test_a_table_of_nothing_but_details_is_told_what_it_lacks() -> None:
    assert is_header("details.a,details.b")
    with pytest.raises(InvalidEvent, match="lacks columns that an event needs"):
        Rows("details.a,details.b")


HEADER = ",".join(COLUMNS)
HEADERS = [
    ("\ufeff" + HEADER, "byte order mark"),
    (HEADER.replace(",", ";"), "not separated by commas"),
    (HEADER.replace(",", "\t"), "not separated by commas"),
    (HEADER.replace("uid,", ""), "lacks columns that an event needs (uid)"),
    ("time,type", "without --columns"),
    (HEADER + ",colour", "a column that no export has"),
    (HEADER + ",details.", "a column that no export has"),
    (HEADER + ",details.a,details.a", "has one twice"),
    (HEADER + ",uid", "has one twice"),
    (HEADER.replace("uid", '"uid"'), "a column that no export has"),
    ("", "not separated by commas"),
    ("\x00,\x00", "a column that no export has"),
]


@pytest.mark.parametrize(("header", "words"), HEADERS, ids=[words for _, words in HEADERS])
def test_a_header_that_cannot_be_is_told(header: str, words: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        Rows(header)
    assert words in str(refused.value)
    assert "colour" not in str(refused.value)


@pytest.mark.parametrize(
    "dropped", [["position"], ["received_time"], ["position", "received_time"]]
)
def test_what_the_log_gives_anew_may_be_missing(dropped: list[str]) -> None:
    names = [name for name in COLUMNS if name not in dropped]
    layout = FORMATS["csv"].layout(",".join(names), positions=True)
    lines = b"".join(FORMATS["csv"].write([[record(1, BODIES[0])]], layout)).decode().splitlines()
    assert again(lines) == [msgspec.json.decode(BODIES[0], type=Event)]


LINES = [
    ("", "1 cells below 25 columns"),
    ("," * 23, "24 cells"),
    ("," * 25, "26 cells"),
    ("," * 24 + "\n" + "," * 24, "49 cells"),
    ('"' + "," * 24, "a quote too many or too few"),
    ('a"b"' + "," * 24, "a quote too many or too few"),
    ('"a"b' + "," * 24, "a quote too many or too few"),
    ('"""' + "," * 24, "a quote too many or too few"),
    (",,yesterday" + "," * 22, "`time` is a time as"),
    (",,2023-02-30T00:00:00.000Z" + "," * 22, "`time` is a time as"),
    (",,2023-07-10 11:42:18" + "," * 22, "`time` is a time as"),
    (",,1.68899E+12" + "," * 22, "`time` is a time as"),
    (",," + "9" * 5000 + "," * 22, "`time` is a time as"),
    ("," * 24 + "1.0", "`type_version` is a whole number"),
    ("," * 24 + "\u0661", "`type_version` is a whole number"),
]


@pytest.mark.parametrize(("line", "words"), LINES, ids=[words for _, words in LINES])
def test_a_line_that_cannot_be_is_told(line: str, words: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        Rows(HEADER).event(line)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "quotes",
    ['"' * 100_001, '""' * 50_000, '"a' * 50_000, "," * 100_000],
    ids=["all", "pairs", "texts", "none"],
)
def test_quotes_without_an_end_are_told(quotes: str) -> None:
    with pytest.raises(InvalidEvent):
        Rows(HEADER).event(quotes)


@pytest.mark.parametrize("line", [HEADER, "\ufeff" + HEADER, "time;type", '"type"\t"uid"'])
def test_a_header_is_known(line: str) -> None:
    assert is_header(line)


@pytest.mark.parametrize("line", ["", "{}", '{"type":"a","uid":"b"}', "[", "type", "a,b", "\x00"])
def test_what_is_no_header_is_not(line: str) -> None:
    assert not is_header(line)
