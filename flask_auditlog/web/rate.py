"""Who comes too often is told to come later.

What carries a good token is counted by the token, from wherever it comes: behind a proxy that
nobody has told the app of, all clients have one address. All else is counted by its address,
and a good token is let through whatever else came from there.
"""

from __future__ import annotations

from ipaddress import ip_address
from ipaddress import ip_network

from flask import request

from ..errors import RateLimited
from ..state import current
from ..store import Token
from ..work.limiting import limiter_of

# Requests without a good token, of one address. Nobody has a reason to send more, and each
# costs a look at the tokens that have ended.
FAILED = "60/minute"
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# What one customer of a provider has of IPv6.
_NETWORK = 64


def check_token(token: Token) -> None:
    """Count a request with a good token. :raises RateLimited: when there are too many."""
    if limit := current().settings.rate_limit:
        _check(limit, "token", token.realm, token.id)


def check_failed() -> None:
    """Count a request without a good token. :raises RateLimited: when there are too many."""
    if limit := current().settings.rate_limit:
        _check(min(limit, FAILED, key=_a_second), "failed", _address())


def check_public() -> None:
    """Count a request that needs no token. :raises RateLimited: when there are too many."""
    if limit := current().settings.rate_limit:
        _check(limit, "public", _address())


def _check(limit: str, *who: str) -> None:
    state = current()
    if seconds := limiter_of(state).wait(limit, *who):
        state.recorder.count("rate_limited")
        raise RateLimited(seconds, state.settings.rate_limit_status)


def _a_second(limit: str) -> float:
    number, _, unit = limit.partition("/")

    return int(number) / _SECONDS[unit]


def _address() -> str:
    """The address; of IPv6, the network that one customer of a provider has."""
    address = request.remote_addr or ""
    if ":" not in address:
        return address
    try:
        return str(ip_network((ip_address(address.partition("%")[0]), _NETWORK), strict=False))
    except ValueError:
        return address
