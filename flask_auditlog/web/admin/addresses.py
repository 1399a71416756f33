"""What an IP address says by itself: its version, and what part of the internet it is. Pure.

Nobody is asked about it: no name is looked up, and no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from ipaddress import ip_network
from ipaddress import IPv4Address
from ipaddress import IPv6Address

from ..words import _
from ..words import N_

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
# The first that holds an address says what it is.
_PARTS: Sequence[tuple[str, tuple[str, ...]]] = (
    (N_("unspecified"), ("0.0.0.0/32", "::/128")),
    (N_("this machine"), ("127.0.0.0/8", "::1/128")),
    (N_("link-local"), ("169.254.0.0/16", "fe80::/10")),
    (N_("private"), ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    (N_("shared by customers of a provider"), ("100.64.0.0/10",)),
    (
        N_("for documentation"),
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    ),
    (N_("for benchmarks"), ("198.18.0.0/15", "2001:2::/48")),
    (N_("Teredo tunnel"), ("2001::/32",)),
    (N_("6to4 tunnel"), ("2002::/16",)),
    (N_("translated from IPv4"), ("64:ff9b::/96", "64:ff9b:1::/48")),
    (N_("multicast"), ("224.0.0.0/4", "ff00::/8")),
    (N_("broadcast"), ("255.255.255.255/32",)),
)
_NETWORKS = [(words, ip_network(each)) for words, each_of in _PARTS for each in each_of]


def read_address(text: str) -> str | None:
    """``IPv4, private``, or ``None`` for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return _("IPv4 in IPv6, %(part)s", part=_part(address.ipv4_mapped))

    return f"IPv{address.version}, {_part(address)}"


def _part(address: IPv4Address | IPv6Address) -> str:
    for words, network in _NETWORKS:
        if address.version == network.version and address in network:
            return _(words)
    return _("public") if address.is_global else _("reserved")
