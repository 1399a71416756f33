"""What the language says in plain terms is what the plain fields of a query say."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from flask_auditlog.errors import QueryError
from flask_auditlog.store import Query
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search.settle import settled

# 10 July 2023, 12:15:04 UTC.
NOW = 1_688_991_304_000
HOUR = 3_600_000
DAY = 24 * HOUR
TODAY = 1_688_947_200_000

PLAIN = [
    ("type:a.b user:1 username:x client:c session:s", {"type": "a.b", "user": "1", "username": "x", "client": "c", "session": "s"}),
    ("type:a.* resource:x/*", {"type": "a.*", "resource": "x/*"}),
    ("actor:alice org:o request:r", {"actor": "alice", "org": "o", "request": "r"}),
    ("resource:x/1 resource_type:X operation:CREATE", {"resource": "x/1", "resource_type": "X", "operation": "CREATE"}),
    ("source:import", {"source": "import"}),
    ("source:api source:system", {"source": "api", "more": parse_query("source:system")}),
    ("ip:10.1.2.3/8", {"ip": ip_network("10.0.0.0/8")}),
    ("error:*", {"error": True}),
    ("-error:*", {"error": False}),
    ('"wire transfer"', {"text": "wire transfer"}),
    ("details.a:x details.b:true", {"details": (("a", "x"), ("b", "true"))}),
    ("user:a*b", {"more": parse_query("user:a*b")}),
    ('user:"a*b"', {"user": "a*b"}),
    ("type:a type:a", {"type": "a"}),
    # Two of one kind, and all that is not plain, are left.
    ("type:a type:b", {"type": "a", "more": parse_query("type:b")}),
    ("a b c", {"text": "a", "more": parse_query("b c")}),
    ("user:1 (a OR b) -org:x", {"user": "1", "more": parse_query("(a OR b) -org:x")}),
    ('type:"a*"', {"more": parse_query('type:"a*"')}),
    ("details.n:12", {"more": parse_query("details.n:12")}),
    ("error:denied", {"error": True, "more": parse_query("error:denied")}),
    ("-error:denied", {"more": parse_query("-error:denied")}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fields"), PLAIN)
def test_plain_terms_are_plain_fields(text: str, fields: dict[str, object]) -> None:
    assert settled(Query(more=parse_query(text)), NOW) == Query(**fields)  # type: ignore[arg-type]


def test_what_is_given_beside_the_query_stays() -> None:
    query = Query(
        type="a", after=5, details=(("x", "y"),), more=parse_query("type:b after:0 details.a:z")
    )
    wanted = Query(type="a", after=5, details=(("x", "y"), ("a", "z")), more=parse_query("type:b"))
    assert settled(query, NOW) == wanted


TIMES = [
    ("after:-7d", "UTC", NOW - 7 * DAY, None),
    ("after:-90m before:-10s", "UTC", NOW - 90 * 60_000, NOW - 10_000),
    ("after:-2w before:now", "UTC", NOW - 14 * DAY, NOW),
    ("after:today", "UTC", TODAY, None),
    ("after:yesterday before:today", "UTC", TODAY - DAY, TODAY),
    ("time:today", "UTC", TODAY, TODAY + DAY),
    ("time:today", "Asia/Tokyo", TODAY - 9 * HOUR, TODAY + 15 * HOUR),
    ("time:yesterday", "America/New_York", TODAY - 20 * HOUR, TODAY + 4 * HOUR),
    ("time:2023-07-10", "UTC", TODAY, TODAY + DAY),
    ("time:>2023-07-10", "UTC", TODAY + DAY, None),
    ("time:>=2023-07-10", "UTC", TODAY, None),
    ("time:<2023-07-10", "UTC", None, TODAY),
    ("time:<=2023-07-10", "UTC", None, TODAY + DAY),
    ("time:2023-07-09..2023-07-10", "UTC", TODAY - DAY, TODAY + DAY),
    ("time:-2h..now", "UTC", NOW - 2 * HOUR, NOW + 1),
    ("time:>2023-07-10T00:00:00Z", "Asia/Tokyo", TODAY + 1, None),
    ("after:2023-07-10T00:00", "Europe/Stockholm", TODAY - 2 * HOUR, None),
    ("after:1688947200000", "Asia/Tokyo", TODAY, None),
    ("after:-7d after:-1d", "UTC", NOW - DAY, None),
    # A day of 23 hours, and one of 25.
    ("time:2023-03-26", "Europe/Stockholm", 1_679_785_200_000, 1_679_785_200_000 + 23 * HOUR),
    ("time:2023-10-29", "Europe/Stockholm", 1_698_530_400_000, 1_698_530_400_000 + 25 * HOUR),
]


# A day that counts from now beside a date: both in the reader's zone. In Tokyo it is 21:15 already;
# in Kiritimati the next day; in St. John's the zone is half an hour beside.
MIXED = [
    ("time:2023-01-01..today", "UTC", 1_672_531_200_000, TODAY + DAY),
    ("time:2023-01-01..today", "Asia/Tokyo", 1_672_531_200_000 - 9 * HOUR, TODAY + 15 * HOUR),
    ("time:2023-07-11..today", "Pacific/Kiritimati", TODAY + 10 * HOUR, TODAY + 34 * HOUR),
    ("time:yesterday..2023-07-10", "UTC", TODAY - DAY, TODAY + DAY),
    ("time:today..2023-07-10", "UTC", TODAY, TODAY + DAY),
    ("time:today..2023-07-10T13:00", "Asia/Kolkata", TODAY - 11 * HOUR // 2, TODAY + 15 * HOUR // 2 + 1),
    ("time:-1h..2023-07-10", "America/St_Johns", NOW - HOUR, TODAY + 53 * HOUR // 2),
    ("time:2023-07-03..-1d", "Europe/Stockholm", TODAY - 7 * DAY - 2 * HOUR, NOW - DAY + 1),
    ("time:2023-07-03..now", "UTC", TODAY - 7 * DAY, NOW + 1),
    ("time:now..today", "UTC", NOW, TODAY + DAY),
    ("after:yesterday", "America/New_York", TODAY - 20 * HOUR, None),
    ("after:yesterday before:2023-07-10", "UTC", TODAY - DAY, TODAY),
    ("after:2023-07-09 before:today", "Asia/Tokyo", TODAY - 33 * HOUR, TODAY - 9 * HOUR),
    ("before:2023-12-01 after:today", "UTC", TODAY, 1_701_388_800_000),
    # Nothing is between them just then, but they do not end before they begin.
    ("after:today before:2023-07-10", "UTC", TODAY, TODAY),
    ("time:2023-07-09 after:today", "UTC", TODAY, TODAY),
]  # fmt: skip


@pytest.mark.parametrize(("text", "zone", "after", "before"), [*TIMES, *MIXED])
def test_times_are_counted_from_now_and_in_a_zone(
    text: str, zone: str, after: int | None, before: int | None
) -> None:
    found = settled(Query(more=parse_query(text), zone=zone), NOW)
    assert found == Query(after=after, before=before, zone=zone)


BACKWARDS = [
    ("time:today..2023-01-01", "UTC"),
    ("-time:today..2023-01-01", "UTC"),
    ("a OR time:-7d..2023-07-01", "UTC"),
    ("time:2023-07-11..today", "UTC"),
    # There it is the 10th still, and here the 11th.
    ("time:today..2023-07-10", "Pacific/Kiritimati"),
    ("time:2023-07-10T12:00..2023-07-10T11:00Z", "UTC"),
    ("after:today before:2023-01-01", "UTC"),
    ("before:yesterday after:2023-07-10 type:a", "UTC"),
    ("after:-7d after:today before:2023-07-05", "UTC"),
]


@pytest.mark.parametrize(("text", "zone"), BACKWARDS)
def test_a_range_that_ends_before_it_begins_just_then_is_no_error(text: str, zone: str) -> None:
    """A webhook has its filter for years: it finds nothing then, and does not break."""
    assert settled(Query(more=parse_query(text), zone=zone), NOW).zone == zone


def test_between_bounds_that_have_passed_each_other_there_is_nothing() -> None:
    found = settled(Query(more=parse_query("after:-7d before:2023-01-01")), NOW)
    assert (found.after, found.before) == (NOW - 7 * DAY, 1_672_531_200_000)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(QueryError) as refused:
        settled(Query(more=parse_query("a"), zone="Mars"), NOW)
    assert refused.value.field == "zone"


def test_an_own_type_is_named_where_it_is_wanted() -> None:
    texts = ["type:system.*", "a OR type:admin.AUDIT_LOG-ACTION", "-(-type:system.X)"]
    assert [Query(more=parse_query(text)).names_own for text in texts] == [True] * 3
    texts = ["-type:system.*", "type:admin.*", "text:system.X", "-(a type:system.X)"]
    assert [Query(more=parse_query(text)).names_own for text in texts] == [False] * 4
