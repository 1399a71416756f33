"""An access token of an OpenID provider -> a token of the log, or nothing. Fails closed."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from hashlib import sha256
from typing import Any

import jwt

from ..errors import ConfigError
from ..store import MANAGE_EVENTS
from ..store import PERMISSIONS
from ..store import PUBLISH_EVENTS
from ..store import Token
from ..store import VIEW_EVENTS
from .keys import Keys

# Only what is signed with a key that nobody else has: with HS256 whoever may verify could sign.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
# Phase Two's roles have the names of our permissions.
ROLES: Mapping[str, str] = {name: name for name in (VIEW_EVENTS, MANAGE_EVENTS, PUBLISH_EVENTS)}
# Where Keycloak keeps roles of this kind.
CLIENTS = ("realm-management",)
# Seconds that the clocks of two machines may differ by.
LEEWAY = 30
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
# The names of a token and of who made it, as they are kept.
_NAME_CHARS = 255


@dataclass(kw_only=True, eq=False)
class OIDCTokens:
    """A ``token_loader`` for access tokens of one issuer.

    :param issuer: ``iss``, as ``https://id.example.com/auth/realms/acme``.
    :param audience: one of ``aud`` must be this, or one of these.
    :param jwks_uri: where its keys are: of Keycloak ``<issuer>/protocol/openid-connect/certs``.
        ``None`` to have the issuer say it, at ``<issuer>/.well-known/openid-configuration``.
    :param organization_claim: which claim names the organization that a token is bound to, dotted
        (``active_organization.id``). A token without it is refused. With ``None`` tokens are
        good for the whole realm.
    :param realm: of the log.
    :param roles: which role gives which permission; by default Phase Two's.
    :param clients: whose client roles count. Realm roles always do.
    :param algorithms: that may have signed.
    :raises ConfigError: when one of these cannot be.
    """

    issuer: str
    audience: str | Collection[str]
    organization_claim: str | None
    jwks_uri: str | None = None
    realm: str = "default"
    roles: Mapping[str, str] = field(default_factory=lambda: ROLES)
    clients: Collection[str] = CLIENTS
    algorithms: Collection[str] = ("RS256", "ES256")
    _keys: Keys = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience:
            raise ConfigError("OIDCTokens needs an issuer and an audience.")
        if not self.algorithms or not ALGORITHMS.issuperset(self.algorithms):
            raise ConfigError(f"OIDCTokens: algorithms are of {', '.join(sorted(ALGORITHMS))}.")
        if unknown := sorted(set(self.roles.values()) - set(PERMISSIONS)):
            raise ConfigError(f"OIDCTokens: there is no permission {unknown[0]}.")
        if isinstance(self.clients, str):
            raise ConfigError("OIDCTokens: clients are a list.")
        claim = self.organization_claim
        if claim is not None and not all(claim.split(".")):
            raise ConfigError("OIDCTokens: organization_claim is a name, or several with dots.")
        self._keys = Keys(self.jwks_uri, issuer=self.issuer)

    def __call__(self, secret: str) -> Token | None:
        """Return what a token is good for; ``None`` if it is not one of the issuer's, or not now.

        :raises ProviderUnavailable: when that cannot be said, since the provider is away.
        """
        try:
            claims = self._verified(secret)
            return None if claims is None else self._token(claims)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            # Whatever somebody sent. It is refused as any token that is none.
            return None

    def _verified(self, secret: str) -> dict[str, Any] | None:
        if secret.count(".") != 2:
            return None
        header = jwt.get_unverified_header(secret)
        # Before the key is looked for, so that nobody has keys fetched who could not use them.
        if header.get("alg") not in self.algorithms or "crit" in header:
            return None
        kid = header.get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None or key.algorithm != header["alg"]:
            return None
        claims: dict[str, Any] = jwt.decode(
            secret,
            key.public,
            algorithms=list(self.algorithms),
            audience=self._audiences(),
            issuer=self.issuer,
            leeway=LEEWAY,
            options={"require": _REQUIRED},
        )
        # Keycloak says what it is: an ID token or a refresh token is no access token.
        return claims if claims.get("typ", "Bearer") == "Bearer" else None

    def _audiences(self) -> list[str]:
        return [self.audience] if isinstance(self.audience, str) else list(self.audience)

    def _token(self, claims: dict[str, Any]) -> Token | None:
        organization = None
        if self.organization_claim is not None:
            organization = _organization(claims, self.organization_claim)
            if organization is None:
                return None
        subject = claims["sub"]
        client = claims.get("azp") or claims.get("client_id") or subject
        if not all(isinstance(it, str) and 0 < len(it) <= _NAME_CHARS for it in (subject, client)):
            return None
        # The same for each token that they get, and for nobody else.
        known = sha256("\0".join((self.issuer, client, subject)).encode()).hexdigest()

        return Token(
            id=f"oidc-{known[:16]}",
            name=client,
            realm=self.realm,
            organization_id=organization,
            permissions=frozenset(
                self.roles[role] for role in _roles(claims, self.clients) if role in self.roles
            ),
            created_time=int(claims["iat"]) * 1000,
            created_by=subject,
            expires_time=int(claims["exp"]) * 1000,
        )


def _roles(claims: Mapping[str, Any], clients: Collection[str]) -> set[str]:
    """The roles of the realm and of these clients, wherever something else stands: none."""
    places = [("realm_access", "roles"), *(("resource_access", it, "roles") for it in clients)]
    found: set[str] = set()
    for place in places:
        listed = _at(claims, place)
        if isinstance(listed, list):
            found.update(role for role in listed if isinstance(role, str))

    return found


def _organization(claims: Mapping[str, Any], claim: str) -> str | None:
    found = _at(claims, claim.split("."))
    if isinstance(found, list) and len(found) == 1:
        (found,) = found

    return found if isinstance(found, str) and 0 < len(found) <= _NAME_CHARS else None


def _at(claims: Any, path: Collection[str]) -> Any:
    for name in path:
        if not isinstance(claims, Mapping):
            return None
        claims = claims.get(name)

    return claims
