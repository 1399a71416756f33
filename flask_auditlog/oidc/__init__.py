"""Bearer tokens of an OpenID provider, such as Keycloak with Phase Two's roles.

``audit.token_loader(OIDCTokens(issuer=…, audience=…, organization_claim=None))``.
It needs the extra ``oidc``.
"""

from __future__ import annotations

import importlib.util

from ..errors import ConfigError

if importlib.util.find_spec("jwt") is None:
    raise ConfigError("OIDCTokens needs PyJWT. Install flask-auditlog with its extra `oidc`.")

from .tokens import OIDCTokens

__all__ = ["OIDCTokens"]
