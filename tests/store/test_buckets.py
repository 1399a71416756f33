"""Ranges of time, cut into parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.store.charts.buckets import cut
from flask_auditlog.store.charts.buckets import DAY
from flask_auditlog.store.charts.buckets import HOUR
from flask_auditlog.store.charts.buckets import MINUTE
from flask_auditlog.store.charts.buckets import SECOND
from flask_auditlog.store.charts.buckets import WIDTHS

STOCKHOLM, KATHMANDU = ZoneInfo("Europe/Stockholm"), ZoneInfo("Asia/Kathmandu")
ZONES = [UTC, STOCKHOLM, KATHMANDU, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")]
NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC


def at(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("span", "name"),
    [
        (1, "1s"),
        (60 * SECOND, "1s"),
        (61 * SECOND, "5s"),
        (HOUR, "1m"),
        (6 * HOUR, "10m"),
        (DAY, "30m"),
        (7 * DAY, "3h"),
        (30 * DAY, "12h"),
        (60 * DAY, "1d"),
        (365 * DAY, "1w"),
        (3 * 365 * DAY, "1mo"),
        (10 * 365 * DAY, "3mo"),
        (50 * 365 * DAY, "1y"),
        (1800 * 365 * DAY, "100y"),
    ],
)
def test_a_span_has_a_width_that_people_know(span: int, name: str) -> None:
    parts = cut(NOON - span, NOON, UTC, most=60)
    assert parts.width.name == name
    assert len(parts.edges) <= 62


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.one_of(st.integers(-1, 10**15), st.integers(1, 10**9)),
    st.sampled_from(ZONES),
)
def test_every_range_is_covered_by_edges_that_go_up(after: int, span: int, zone: ZoneInfo) -> None:
    edges = cut(after, after + span, zone, most=60).edges
    assert 2 <= len(edges) <= 70
    _check(edges, after, after + span)


def _check(edges: Sequence[int], after: int, before: int) -> None:
    """The edges go up, and cover the range, as far as a calendar does."""
    assert all(one < other for one, other in pairwise(edges))
    first, last = at("0001-01-02T00:00"), at("9999-11-30T00:00")
    if first <= after < before <= last:
        assert edges[0] <= after < edges[1]
        assert edges[-2] < before <= edges[-1]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("span", [60 * width.about for width in WIDTHS])
def test_there_is_an_end_also_at_the_ends_of_the_calendar(span: int, zone: ZoneInfo) -> None:
    for after, before in (
        (-(2**63), -(2**63) + span),
        (at("0001-01-02T00:00"), at("0001-01-02T00:00") + span),
        (at("9999-11-30T00:00") - span, at("9999-11-30T00:00")),
        (at("9999-11-30T00:00") - span, 2**63 - 1),
        (-(2**63), 2**63 - 1),
    ):
        _check(cut(after, before, zone, most=60).edges, after, before)


def test_days_begin_at_midnight_where_the_reader_is_also_when_the_clocks_change() -> None:
    edges = cut(at("2023-03-20T05:00"), at("2023-05-01T05:00"), STOCKHOLM, most=60).edges
    assert edges[0] == at("2023-03-19T23:00")
    lengths = {one: (other - one) // HOUR for one, other in pairwise(edges)}
    assert lengths.pop(at("2023-03-25T23:00")) == 23
    assert set(lengths.values()) == {24}


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    weeks = cut(NOON + DAY, NOON + 365 * DAY, STOCKHOLM, most=60).edges
    assert weeks[0] == at("2023-07-09T22:00")
    months = cut(NOON + DAY, NOON + 900 * DAY, UTC, most=60).edges
    assert list(months[:3]) == [at(f"2023-0{n}-01T00:00") for n in (7, 8, 9)]


def test_hours_are_those_of_the_readers_clock() -> None:
    edges = cut(NOON, NOON + 7 * DAY, KATHMANDU, most=60).edges
    # 17:45 there: the part began at 15:00.
    assert edges[0] == NOON - 2 * HOUR - 45 * MINUTE
