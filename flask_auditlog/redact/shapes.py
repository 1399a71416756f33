"""Secrets that can be told by their form alone, wherever they stand in a text.

Every pattern here takes linear time: a repetition is over one class of characters, and
what may follow it is outside that class (or it is possessive, or bounded).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from .cards import RUN
from .cards import is_card

MASK = "[masked]"

# Not in the middle of a word; but after a percent-encoded or backslashed character.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"

# Prefixes that vendors gave their keys so that scanners find them. Ids are not here, also
# those that look alike (AWS `AKIA…` and `ASIA…`, Twilio `SK…`): they are who did it.
_VENDORS = r"""
      gh[opsur]_[A-Za-z0-9]{16,} | github_pat_\w{20,}                                # GitHub
    | gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\w.-]{16,}             # GitLab
    | xox[a-z](?:\.xox[a-z])?-[\w-]{11,} | xapp-[0-9]-[\w-]{10,}                     # Slack
    | [sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,} | whsec_[A-Za-z0-9+/=_-]{16,}        # Stripe
    | AIza[\w-]{35,} | ya29\.[\w.-]{20,} | GOCSPX-[\w-]{20,} | 1//0[\w-]{30,}        # Google
    | SG\.[\w-]{16,}\.[\w-]{16,}                                                     # SendGrid
    | npm_[A-Za-z0-9]{30,} | pypi-[\w-]{16,} | rubygems_[a-f0-9]{40,} | dckr_[a-z]{3}_[\w-]{20,}
    | sk-(?:proj|ant|svcacct|admin|or|None)-[\w-]{12,} | sk-[A-Za-z0-9]{20,}         # LLM vendors
    | al_[\w-]{32,}                                                                  # ours
    | do[opr]_v1_[a-f0-9]{32,}                                                       # DigitalOcean
    | shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32,} | sq0[a-z]{3}-[\w-]{20,}                   # shops
    | hf_[A-Za-z0-9]{30,} | r8_[\w-]{30,} | gsk_[A-Za-z0-9]{40,}
    | hv[bsr]\.[\w-]{20,} | dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}              # vaults
    | [A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,} | ATATT3[\w=-]{30,} | ATBB[A-Za-z0-9]{28,}
    | dapi[a-f0-9]{32,} | lin_api_[A-Za-z0-9]{30,} | ntn_[A-Za-z0-9]{40,} | secret_[A-Za-z0-9]{40,}
    | gl(?:sa|c)_[\w=+/-]{30,} | NRAK-[A-Z0-9]{27,} | PMAK-[a-f0-9-]{40,} | sntry[su]_[\w=+/-]{30,}
    | pscale_(?:tkn|pw|oauth)_[\w.-]{30,} | sbp_[a-f0-9]{40,} | key-[a-f0-9]{32,}
    | [a-f0-9]{32}-us[0-9]{1,2} | [0-9]{8,10}:AA[\w-]{32,} | FlyV1\ [\w=+/,-]{40,}
    | AGE-SECRET-KEY-1[A-Z0-9]{50,} | ABSK[A-Za-z0-9+/=]{60,}
    | (?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/=%]{40,}                              # AWS session
"""
# Two or more base64url parts, the first a JSON object; with a leading dot, one that
# itsdangerous compressed (Flask's session cookies have both forms).
_JWT = r"(?:eyJ|\.eJ)[\w-]{8,}\.[\w-]{5,}(?:\.[\w-]*)*"
_TOKEN = re.compile(rf"{_START}(?:{_JWT}|{_VENDORS})", re.VERBOSE | re.ASCII)

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----END))*+(?:-----END [A-Z0-9 ]{0,50}(?:-----)?)?"
)
_SCHEME = re.compile(r"(?<![\w-])(bearer|basic)([ \t]{1,4}|%20|\+)([\w.~+/=-]{3,})", re.I | re.A)
# Up to the last @ before the path: people do not encode the @ in their passwords.
_USERINFO = re.compile(r"""(://[^\s/?#@:"'<>,]*:)([^\s/?#"'<>,]+)(?=@)""")
_BEARER_WORDS = ("token", "tokens", "auth", "authentication", "authorization", "only")
_HOOKS = re.compile(
    r"(hooks\.slack\.com/(?:services|workflows|triggers)/"
    r"|discord(?:app)?\.com/api/webhooks/[0-9]{1,25}/"
    r"|webhook\.office\.com/webhookb2/)[\w./@-]{16,}",
    re.ASCII,
)


def mask_shapes(text: str) -> str:
    """Return *text* with everything masked that looks like a secret by itself."""
    for needed, mask in _PASSES:
        if any(each in text for each in needed):
            text = mask(text)
    text = _TOKEN.sub(MASK, text)

    return RUN.sub(lambda run: MASK if is_card(run[0]) else run[0], text)


def _mask_scheme(found: re.Match[str]) -> str:
    scheme, space, value = found.groups()
    whole = found.start() == 0 and found.end() == len(found.string)
    if scheme.lower() == "basic":
        secret = _is_basic(value) or (whole and _is_random(value))
    else:
        secret = _is_random(value) or (whole and value.lower() not in _BEARER_WORDS)

    return f"{scheme}{space}{MASK}" if secret else found[0]


def _is_basic(value: str) -> bool:
    """`Basic dXNlcjpwYXNz`, but not `basic authentication`."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return False

    return ":" in decoded and decoded.isprintable()


def _is_random(value: str) -> bool:
    """`Bearer 8fhx…`, but not `bearer authentication` or `Basic T-shirt`."""
    return len(value) >= 24 or re.search("[0-9]|[a-z][A-Z]", value) is not None


_Pass = tuple[tuple[str, ...], Callable[[str], str]]
_PASSES: tuple[_Pass, ...] = (
    (("-----BEGIN ",), lambda text: _PEM.sub(MASK, text)),
    (("earer", "asic", "EARER", "ASIC"), lambda text: _SCHEME.sub(_mask_scheme, text)),
    (("://",), lambda text: _USERINFO.sub(rf"\1{MASK}", text)),
    (("/",), lambda text: _HOOKS.sub(rf"\1{MASK}", text)),
)
