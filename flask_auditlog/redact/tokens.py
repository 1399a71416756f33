"""Tokens and keys that can be told by their first characters, whoever issued them.

Vendors gave their keys these prefixes so that scanners find them. Ids are not here, also
those that look alike (AWS ``AKIA…`` and ``ASIA…``, Twilio ``SK…``): they are who did it.
"""

from __future__ import annotations

import itertools
import re

MASK = "[masked]"

# One form a line, sorted by the first character, which must be a literal: the regex engine
# then skips to the characters that can begin one. A repetition is over one class of
# characters, and what follows it is outside that class, so that the time is linear.
_FORMS = r"""
\.eJ[\w-]{8,}\.[\w-]{5,}(?:\.[\w-]*)*
1//0[\w-]{30,}
ABSK[A-Za-z0-9+/=]{60,}
AGE-SECRET-KEY-1[A-Z0-9]{50,}
AIza[\w-]{35,}
ATATT3[\w=-]{30,}
ATBB[A-Za-z0-9]{28,}
FlyV1 [\w=+/,-]{40,}
FwoGZXIvYXdz[A-Za-z0-9+/=%]{40,}
GOCSPX-[\w-]{20,}
IQoJb3JpZ2lu[A-Za-z0-9+/=%]{40,}
NRAK-[A-Z0-9]{27,}
PMAK-[a-f0-9-]{40,}
SG\.[\w-]{16,}\.[\w-]{16,}
al_[\w-]{32,}
dapi[a-f0-9]{32,}
dckr_[a-z]{3}_[\w-]{20,}
do[opr]_v1_[a-f0-9]{32,}
dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}
eyJ(?:(?<![\w-]eyJ)|(?<=%[0-9A-Fa-f]{2}eyJ)|(?<=\\[nrt]eyJ))[\w-]{8,}\.[\w-]{5,}(?:\.[\w-]*)*
gh[opsur]_[A-Za-z0-9]{16,}
github_pat_\w{20,}
gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\w.-]{16,}
gl(?:sa|c)_[\w=+/-]{30,}
gsk_[A-Za-z0-9]{40,}
hf_[A-Za-z0-9]{30,}
hv[bsr]\.[\w-]{20,}
key-[a-f0-9]{32,}
lin_api_[A-Za-z0-9]{30,}
npm_[A-Za-z0-9]{30,}
ntn_[A-Za-z0-9]{40,}
pscale_(?:tkn|pw|oauth)_[\w.-]{30,}
pypi-[\w-]{16,}
r8_[\w-]{30,}
rk_(?:live|test|prod)_[A-Za-z0-9]{10,}
rubygems_[a-f0-9]{40,}
sbp_[a-f0-9]{40,}
secret_[A-Za-z0-9]{40,}
shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32,}
sk-(?:proj|ant|svcacct|admin|or|None)-[\w-]{12,}
sk-[A-Za-z0-9]{20,}
sk_(?:live|test|prod)_[A-Za-z0-9]{10,}
sntry[su]_[\w=+/-]{30,}
sq0[a-z]{3}-[\w-]{20,}
whsec_[A-Za-z0-9+/=_-]{16,}
xapp-[0-9]-[\w-]{10,}
xox[a-z](?:\.xox[a-z])?-[\w-]{10,}
ya29\.[\w.-]{20,}
"""
# The first of all is itsdangerous' compressed form, and the one with `eyJ` a JWT, a JWE or
# its uncompressed one: Flask's session cookies have both.

# Of the forms that letters and digits alone can have, the shortest (ATBB…) is so long.
SHORTEST_PLAIN = 32

_BEFORE = re.compile(r"(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt])")


def _by_first_character(forms: list[str]) -> str:
    """Join *forms* so that each first character is tried once."""
    split = [(re.match(r"\\?.", form), form) for form in forms]
    pairs = [(first[0], form[first.end() :]) for first, form in split if first]
    groups = itertools.groupby(pairs, key=lambda pair: pair[0])

    return "|".join(f"{first}(?:{'|'.join(rest for _, rest in pair)})" for first, pair in groups)


_TOKEN = re.compile(_by_first_character(_FORMS.strip().splitlines()), re.ASCII)


def mask_tokens(text: str) -> str:
    """Return *text* with every token in it masked."""
    return _TOKEN.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    """Mask it where a word starts, also after an encoded character or an escaped break."""
    return MASK if _BEFORE.match(found.string, found.start()) else found[0]


holds_token = _TOKEN.search
