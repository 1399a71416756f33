"""Where the keys of an issuer are, as its own document says (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import ConfigError
from .reading import check_uri
from .reading import is_safe
from .reading import read_object
from .reading import UnusableError

PATH = "/.well-known/openid-configuration"
# Seconds after which the document is read again: keys may move.
FRESH = 3600.0

Clock = Callable[[], float]


class Discovery:
    """Finds the address of the keys when it is asked for, and remembers it for a while.

    :param issuer: ``https``, or ``http`` to this machine.
    :raises ConfigError: when it is neither.
    """

    def __init__(self, issuer: str, clock: Clock) -> None:
        check_uri(issuer, "issuer")
        if "?" in issuer or "#" in issuer:
            raise ConfigError("OIDCTokens: the issuer is an address without ? and #.")
        self._issuer = issuer
        self._clock = clock
        self._uri: str | None = None
        self._found = float("-inf")

    def uri(self) -> str:
        """Return the address of the keys.

        :raises UnusableError: when the document is another's, or names no address that is safe.
        :raises ValueError: and the rest of :data:`.FAILURES`, when it cannot be read.
        """
        if self._uri is None or self._clock() - self._found > FRESH:
            self._uri = _jwks_uri(self._issuer)
            self._found = self._clock()

        return self._uri

    def forget(self) -> None:
        """Read the document again the next time: what it said does not hold any more."""
        self._uri = None


def _jwks_uri(issuer: str) -> str:
    told = read_object(f"{issuer.rstrip('/')}{PATH}")
    # Letter for letter, so that the document of one tenant does not speak for another (4.3).
    if told.get("issuer") != issuer:
        raise UnusableError("the document at its address names another issuer")
    uri = told.get("jwks_uri")
    if not isinstance(uri, str) or not is_safe(uri):
        raise UnusableError("its document names no jwks_uri that begins with https://")
    if urlsplit(issuer).scheme == "https" and urlsplit(uri).scheme != "https":
        raise UnusableError("its document names a jwks_uri without https://")

    return uri
