"""The address of a search, its chips and its ranges."""

from __future__ import annotations

import pytest

from flask_auditlog.errors import QueryError
from flask_auditlog.web.admin import search_form
from flask_auditlog.web.admin.asked import Asked
from flask_auditlog.web.admin.asked import asked_of
from flask_auditlog.web.admin.chips import chips_of
from flask_auditlog.web.args import FILTERS
from tests.web.admin.samples import NOON

HOUR = 3_600_000


def asked(*pairs: tuple[str, str]) -> Asked:
    """What a form sent."""
    return asked_of(pairs, form=search_form.NAMES)


def test_the_empty_fields_of_a_form_are_no_filters() -> None:
    assert asked(("type", ""), ("actor", " "), ("ip", "10.0.0.1")).filters == (("ip", "10.0.0.1"),)


def test_an_empty_filter_that_is_no_field_is_not_forgotten() -> None:
    assert asked(("typ", ""), ("details.plan", "")).filters == (("typ", ""), ("details.plan", ""))


@pytest.mark.parametrize("path", ["plan.name", " plan.name ", "details.plan.name"])
def test_a_path_and_a_value_are_one_filter(path: str) -> None:
    sent = asked(("details_path", path), ("details_value", "enterprise"))
    assert sent.filters == (("details.plan.name", "enterprise"),)


def test_a_path_without_a_value_stays_and_will_be_refused() -> None:
    assert asked(("details_path", "plan"), ("details_value", "")).filters == (
        ("details_path", "plan"),
    )


def test_the_page_keeps_its_own_parameters_apart() -> None:
    sent = asked(("type", "a"), ("realm", "staging"), ("cursor", "c"), ("limit", "5"))
    assert sent.filters == (("type", "a"),)
    assert (sent.realm, sent.cursor, sent.limit) == ("staging", "c", "5")


def test_changing_a_filter_goes_back_to_the_first_page() -> None:
    sent = asked(("type", "a"), ("cursor", "c"), ("realm", "staging"))
    assert sent.plus("type", "b").pairs() == (("q", "type:b"), ("realm", "staging"))
    assert sent.without("type", "a").pairs() == (("realm", "staging"),)
    assert sent.ranged("2023-07-10", None).pairs()[1] == ("after", "2023-07-10")


def test_a_click_changes_the_query() -> None:
    sent = asked(("q", "type:a.* -user:bob after:-7d"), ("actor", "ann"))
    changed = [
        sent.plus("actor", "al ice"),
        sent.plus("user", "bob"),
        sent.plus("type", "a.b"),
        sent.plus("details.a b", "x"),
        sent.minus("type", "a.b"),
        sent.without("actor", "ann"),
        sent.plus("reads", "true"),
    ]
    assert [each.filters for each in changed] == [
        (("q", 'type:a.* -user:bob after:-7d actor:"al ice"'),),
        (("actor", "ann"), ("q", "type:a.* after:-7d user:bob")),
        (("actor", "ann"), ("q", "-user:bob after:-7d type:a.b")),
        (("actor", "ann"), ("q", 'type:a.* -user:bob after:-7d details."a b":x')),
        (("actor", "ann"), ("q", "type:a.* -user:bob after:-7d -type:a.b")),
        (("q", "type:a.* -user:bob after:-7d"),),
        (("q", "type:a.* -user:bob after:-7d"), ("actor", "ann"), ("reads", "true")),
    ]


def test_another_range_takes_the_place_of_that_in_the_query() -> None:
    sent = asked(("q", "type:a after:-7d"), ("before", "2023-01-01"))
    ranged = sent.ranged("2023-07-10", None)
    assert (sent.is_ranged, ranged.is_ranged) == (True, True)
    assert ranged.filters == (("q", "type:a"), ("after", "2023-07-10"))
    assert not ranged.ranged(None, None).is_ranged
    unread = asked(("q", "(after:-7d"))
    assert unread.ranged("2023-07-10", None).filters == (
        ("q", "(after:-7d"),
        ("after", "2023-07-10"),
    )


CHIPS = [
    ("wire", [("text", "wire", None)]),
    ("type:a.* -user:bob", [("type", "a.*", "-user:bob"), ("not user", "bob", "type:a.*")]),
    ("a details.n:>=5", [("text", "a", "details.n:>=5"), ("details.n", ">=5", "a")]),
    ('"a b" -error:*', [("text", '"a b"', "-error:*"), ("not error", "*", '"a b"')]),
    ("-(a b)", [("not", "a b", None)]),
]


@pytest.mark.parametrize(("text", "chips"), CHIPS)
def test_each_part_of_the_query_is_a_chip(
    text: str, chips: list[tuple[str, str, str | None]]
) -> None:
    made = chips_of(asked(("q", text), ("limit", "5")))
    left = [dict(chip.without.filters).get("q") for chip in made]
    assert [(c.name, c.words, q) for c, q in zip(made, left, strict=True)] == chips


def test_a_group_is_one_chip_of_many() -> None:
    (one, group) = chips_of(asked(("q", "a (type:b OR -c OR (d e))")))
    assert [(c.name, c.words, dict(c.without.filters)["q"]) for c in group.any] == [
        ("type", "b", "a (-c OR (d e))"),
        ("not text", "c", "a (type:b OR (d e))"),
        ("", "d e", "a (type:b OR -c)"),
    ]
    assert group.without.filters == (("q", "a"),)
    assert one.any == ()


def test_each_chip_leads_to_the_page_without_it() -> None:
    chips = chips_of(asked(("type", "a"), ("details.x", "1"), ("reads", "true")))
    assert [(chip.name, chip.words) for chip in chips] == [("type", "a"), ("details.x", "1")]
    assert chips[1].without.filters == (("type", "a"), ("reads", "true"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("error", "true", "failed"),
        ("error", "false", "not failed"),
        ("after", str(NOON), "10 Jul 2023, 12:15:04"),
        ("after", "2023-07-10T14:15+02:00", "10 Jul 2023, 12:15"),
        ("before", "2023-07-10", "10 Jul 2023, 00:00"),
        ("before", "someday", "someday"),
        ("actor", "1688991304000", "1688991304000"),
    ],
)
def test_a_chip_says_its_value_in_words(name: str, value: str, words: str) -> None:
    (chip,) = chips_of(asked((name, value)))
    assert chip.words == words


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("ip", "ip"),
        ("details.a..b", "details_path"),
        ("details", "details_path"),
        ("typ", None),
        (None, None),
        ("cursor", None),
    ],
)
def test_a_fault_stands_beside_its_field(field: str | None, place: str | None) -> None:
    assert search_form.fault_of(QueryError("no", field=field)).field == place


@pytest.mark.parametrize(
    ("after", "before", "words"),
    [
        (None, None, "Any time"),
        (NOON - HOUR, None, "Since 11:15:04"),
        (NOON - 24 * HOUR, None, "Since 9 Jul, 12:15:04"),
        (None, NOON - 366 * 24 * HOUR, "Until 9 Jul 2022"),
        (NOON - HOUR, NOON, "11:15:04 to 12:15:04"),
    ],
)
def test_the_range_in_words(after: int | None, before: int | None, words: str) -> None:
    assert search_form.range_words(asked(), after, before, NOON) == words


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"after": "-7d"}, "Last 7 days"),
        ({"after": "-1h", "type": "a"}, "Last hour"),
        ({"after": "-61m"}, "Since 11:15:04"),
        ({"after": "-1h", "before": "2023-07-11"}, "11:15:04 to 12:15:04"),
    ],
)
def test_a_range_of_the_menu_is_called_as_there(filters: dict[str, str], words: str) -> None:
    before = NOON if "before" in filters else None
    given = asked(*filters.items())
    assert search_form.range_words(given, NOON - HOUR, before, NOON) == words


def test_a_range_of_the_menu_is_counted_from_when_it_is_asked() -> None:
    """Also in a view that was saved a month ago."""
    ranges = dict(search_form.ranges(asked(("before", "2023-01-01"), ("type", "a"))))
    assert ranges["Last hour"].filters == (("type", "a"), ("after", "-1h"))


def test_there_is_a_field_for_every_filter_of_the_api() -> None:
    assert FILTERS.keys() - {"reads"} <= search_form.NAMES
