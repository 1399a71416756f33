"""Where a webhook may go: our own table of addresses that are nobody's business from inside.

Not :attr:`ipaddress.IPv4Address.is_global`: what that says differs between patch releases of
Python, and it takes a translated address of this machine (``64:ff9b::7f00:1``) for public.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from ipaddress import ip_network
from ipaddress import IPv4Address
from ipaddress import IPv4Network
from ipaddress import IPv6Address
from ipaddress import IPv6Network

from ..errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registries of special-purpose addresses (RFC 6890 and what came later), multicast,
# and what clouds answer at.
_CLOSED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            # Azure's own server, at a public address.
            "168.63.129.16/32",
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "100:0:0:1::/64",
            # Tunnels lead to whoever holds the address of IPv4 in them: 6to4, and Teredo in
            # the first of these.
            "2001::/23",
            "2002::/16",
            "2001:db8::/32",
            "2620:4f:8000::/48",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/9",
            "ff00::/8",
        ),
    )
)

# Their last 32 bits are the address of IPv4 that they are translated to on their way.
_TRANSLATED = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))


class Networks:
    """Which addresses may be dialled.

    :param allow: the operator's networks, as ``10.1.0.0/16``: for an intranet, and for tests.
        There alone plain HTTP is accepted, and any port.
    :raises ConfigError: when one is no network.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        try:
            self._open = tuple(ip_network(each) for each in allow)
        except ValueError as error:
            raise ConfigError(
                "AUDITLOG_WEBHOOK_ALLOW holds something that is no network. Write it as "
                "10.1.0.0/16 or 2001:db8::/32, without bits behind the prefix."
            ) from error

    @property
    def opens_some(self) -> bool:
        """Whether the operator has opened any network."""
        return bool(self._open)

    def allows(self, address: str) -> bool:
        """Whether *address*, in numbers, may be dialled."""
        return self.opened(address) or not _is_closed(_parsed(address))

    def opened(self, address: str) -> bool:
        """Whether the operator has opened the network of *address*."""
        parsed = _parsed(address)

        return any(parsed in network for network in self._open) if self._open else False


def _parsed(address: str) -> Address:
    # A scope is the name of an interface: only local addresses have one.
    parsed = ip_address(address.partition("%")[0])

    return _embedded(parsed) or parsed


def _embedded(address: Address) -> IPv4Address | None:
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_closed(address: Address) -> bool:
    return any(address in network for network in _CLOSED)
