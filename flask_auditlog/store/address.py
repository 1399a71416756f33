"""Addresses as 16 bytes, so that a network is one range of an index. Pure."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from ipaddress import IPv4Network
from ipaddress import IPv6Network

_V4_IN_V6 = b"\x00" * 10 + b"\xff\xff"


@lru_cache(maxsize=4096)
def pack(address: str | None) -> bytes | None:
    """Return the 16 bytes of an address, IPv4 as ``::ffff:a.b.c.d``; ``None`` if it is none."""
    if address is None:
        return None
    try:
        parsed = ip_address(address)
    except ValueError:
        return None

    return _V4_IN_V6 + parsed.packed if parsed.version == 4 else parsed.packed


def bounds(network: IPv4Network | IPv6Network) -> tuple[bytes, bytes]:
    """Return the first and last address of a network, as :func:`pack` gives them."""
    low, high = network.network_address.packed, network.broadcast_address.packed

    return (_V4_IN_V6 + low, _V4_IN_V6 + high) if network.version == 4 else (low, high)


def unpack(packed: bytes) -> str:
    """Return the address of 16 bytes, as :func:`pack` made them."""
    return str(ip_address(packed.removeprefix(_V4_IN_V6)))
