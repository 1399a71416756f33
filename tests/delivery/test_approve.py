"""What is said of an address when it is given, long before something is sent to it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from flask_auditlog.delivery.addresses import Networks
from flask_auditlog.delivery.dial import approve
from flask_auditlog.delivery.dial import numeric_resolver
from flask_auditlog.delivery.dial import SendError
from flask_auditlog.delivery.dial import Sockaddr
from flask_auditlog.delivery.target import target_of

PRIVATE, PUBLIC = ["10.0.0.7"], ["93.184.215.14"]
UNKNOWN: list[str] = []
MINE = ("10.0.0.0/8",)


@pytest.mark.parametrize(
    ("url", "at", "allow", "said"),
    [
        ("https://x.test", PUBLIC, (), None),
        ("https://x.test", [*PUBLIC, *PRIVATE], (), "not open"),
        ("https://x.test", PRIVATE, (), "not open"),
        ("https://x.test", PRIVATE, MINE, None),
        ("http://x.test:9999", PRIVATE, MINE, None),
        ("http://x.test", PUBLIC, MINE, "Plain HTTP"),
        ("https://x.test:22", PUBLIC, (), "port"),
        # A name that is not known may be known tomorrow, and lead to a network of the operator's.
        ("https://x.test", UNKNOWN, (), None),
        ("http://x.test", UNKNOWN, (), "Plain HTTP"),
        ("https://x.test:22", UNKNOWN, (), "port"),
        ("http://x.test:9999", UNKNOWN, MINE, None),
    ],
)
def test_an_address_is_refused_early(
    url: str, at: Sequence[str], allow: Sequence[str], said: str | None
) -> None:
    def resolver(host: str, port: int) -> Sequence[tuple[int, Sockaddr]]:
        return [(2, (each, port)) for each in at]

    def ask() -> None:
        approve(target_of(url), Networks(allow), resolver=resolver)

    if said is None:
        ask()
        return
    with pytest.raises(SendError, match=said) as raised:
        ask()
    assert raised.value.kind == "policy"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0177.0.0.1", "2130706433", "0x7f.1"])
def test_a_number_is_an_address_also_where_there_is_no_network(host: str) -> None:
    with pytest.raises(SendError, match="not open"):
        approve(target_of(f"https://{host}"), Networks(), resolver=numeric_resolver)


def test_without_a_network_no_name_is_known() -> None:
    approve(target_of("https://localhost"), Networks(), resolver=numeric_resolver)
