"""What an address says by itself."""

from __future__ import annotations

import pytest

from flask_auditlog.web.admin.addresses import read_address


@pytest.mark.parametrize(
    ("address", "reading"),
    [
        ("8.8.8.8", "IPv4, public"),
        ("10.1.2.3", "IPv4, private"),
        ("172.31.255.255", "IPv4, private"),
        ("172.32.0.0", "IPv4, public"),
        ("192.168.1.1", "IPv4, private"),
        ("127.0.0.1", "IPv4, this machine"),
        ("169.254.169.254", "IPv4, link-local"),
        ("100.64.0.1", "IPv4, shared by customers of a provider"),
        ("203.0.113.24", "IPv4, for documentation"),
        ("198.18.0.1", "IPv4, for benchmarks"),
        ("224.0.0.251", "IPv4, multicast"),
        ("255.255.255.255", "IPv4, broadcast"),
        ("240.0.0.1", "IPv4, reserved"),
        ("0.0.0.0", "IPv4, unspecified"),
        ("2606:4700::1111", "IPv6, public"),
        ("::1", "IPv6, this machine"),
        ("::", "IPv6, unspecified"),
        ("fe80::1", "IPv6, link-local"),
        ("fe80::1%eth0", "IPv6, link-local"),
        ("fd00::1", "IPv6, private"),
        ("2001:db8:4:1f::9a2", "IPv6, for documentation"),
        ("2001:0:53aa::1", "IPv6, Teredo tunnel"),
        ("2002:c000:204::1", "IPv6, 6to4 tunnel"),
        ("64:ff9b::808:808", "IPv6, translated from IPv4"),
        ("ff02::fb", "IPv6, multicast"),
        ("::ffff:10.0.0.1", "IPv4 in IPv6, private"),
        ("::ffff:8.8.8.8", "IPv4 in IPv6, public"),
        ("", None),
        ("unix:", None),
        ("10.0.0.0/8", None),
        ("0x7f.1", None),
        ("1" * 10_000, None),
        ("\u0661\u0660.0.0.1", None),
    ],
)
def test_an_address_is_read(address: str, reading: str | None) -> None:
    assert read_address(address) == reading
