"""The public keys of an OpenID provider: fetched when they are needed, and not more often.

What anybody can do without a token is to name a key that is not known. That fetches
them again, but only once in a while, within a deadline, and one at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import jwt

from ..errors import ProviderUnavailable
from ..logs import logger
from .discovery import Discovery
from .reading import check_uri
from .reading import DEADLINE
from .reading import FAILURES
from .reading import read_object
from .reading import UnusableError

# In seconds. Keys are fetched anew after a while, and go on for longer while the provider is
# away: then nobody is let in by what may have been withdrawn.
FRESH, KEPT = 300.0, 3600.0
# For an unknown key, or after a failure, no sooner than this.
AGAIN, AFTER_ERROR = 30.0, 5.0
MOST_KEYS = 100
# What a key signs with that does not say it, by its kind and curve. A symmetric one is no key
# here: whoever reads it can sign with it.
_DEFAULT: Mapping[tuple[Any, Any], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("EC", "P-384"): "ES384",
    ("EC", "P-521"): "ES512",
    ("OKP", "Ed25519"): "EdDSA",
}
# What is shorter can be broken (NIST SP 800-131A).
_RSA_BITS = 2048

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the one algorithm that it is for."""

    algorithm: str
    public: Any


class Keys:
    """The keys of one issuer. Threads may share it.

    :param uri: of the JWKS: ``https``, or ``http`` to this machine. ``None`` where the issuer's
        own document says it.
    :raises ConfigError: when it is neither.
    """

    def __init__(self, uri: str | None, *, issuer: str = "", clock: Clock = time.monotonic) -> None:
        self._discovery = Discovery(issuer, clock) if uri is None else None
        if uri is not None:
            check_uri(uri, "jwks_uri")
        self._uri = uri
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False
        self.after_fork()
        _all.add(self)

    def after_fork(self) -> None:
        """Begin anew in a child: a thread that fetches is in the parent."""
        self._mutex = threading.Lock()
        self._fetching: threading.Thread | None = None

    def find(self, kid: str) -> Key | None:
        """Return the key of this id; ``None`` if the provider has none.

        :raises ProviderUnavailable: when nobody knows, since it is away, or away for long.
        """
        age = self._clock() - self._fetched
        if kid not in self._keys or age > FRESH:
            self._refresh(known=kid in self._keys)
        if self._clock() - self._fetched > KEPT:
            raise ProviderUnavailable

        return self._keys.get(kid)

    def _refresh(self, *, known: bool) -> None:
        """Fetch the keys, unless that was just tried; wait for it no longer than the deadline."""
        with self._mutex:
            thread = self._fetching
            if thread is None or not thread.is_alive():
                pause = AFTER_ERROR if self._failed else AGAIN
                if self._clock() - self._tried < pause:
                    return
                self._tried = self._clock()
                thread = threading.Thread(target=self._fetch, name="auditlog-jwks", daemon=True)
                self._fetching = thread
                thread.start()
        # Nobody waits for what they have: the next one will have the new ones.
        if not known or self._clock() - self._fetched > KEPT:
            thread.join(DEADLINE)

    def _fetch(self) -> None:
        try:
            found = _read(self._uri or self._discovered())
        except FAILURES as error:
            self._failed = True
            if self._discovery is not None:
                self._discovery.forget()
            # Other messages may hold what the provider sent.
            said = error if isinstance(error, UnusableError) else type(error).__name__
            logger.warning("The keys of the OpenID provider: %s", said)
            return
        self._keys, self._fetched, self._failed = found, self._clock(), False

    def _discovered(self) -> str:
        if self._discovery is None:
            raise ValueError("no address")
        return self._discovery.uri()


def _read(uri: str) -> dict[str, Key]:
    """Return the keys that are good for signatures. :raises ValueError: when it is no JWKS."""
    listed = read_object(uri).get("keys")
    if not isinstance(listed, list):
        raise ValueError("not a JWKS")
    found = {}
    for each in listed[:MOST_KEYS]:
        key = _key(each)
        if key is not None:
            found[each["kid"]] = key

    return found


def _key(told: Any) -> Key | None:
    """Return a public key for signatures. A provider may list others, and of kinds to come."""
    if not isinstance(told, dict) or not isinstance(told.get("kid"), str):
        return None
    default = _DEFAULT.get((str(told.get("kty")), told.get("crv") and str(told["crv"])))
    if default is None or told.get("use", "sig") != "sig":
        return None
    name = told.get("alg", default)
    try:
        public = jwt.PyJWK({**told, "alg": name}).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None

    return None if getattr(public, "key_size", _RSA_BITS) < _weakest(told) else Key(name, public)


def _weakest(told: Mapping[str, Any]) -> int:
    return _RSA_BITS if told["kty"] == "RSA" else 0


_all: WeakSet[Keys] = WeakSet()


def _after_fork() -> None:
    for keys in _all:
        keys.after_fork()


os.register_at_fork(after_in_child=_after_fork)
