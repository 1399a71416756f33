"""Secrets that can be told by their form alone, wherever they stand in a text.

Every pattern takes linear time: a repetition is over one class of characters, and what
may follow it is outside that class (or it is possessive, or bounded).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from .cards import is_card
from .cards import RUN
from .tokens import holds_token
from .tokens import MASK
from .tokens import mask_tokens

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"[^-]*+(?:-(?!----END)[^-]*+)*(?:-----END [A-Z0-9 ]{0,50}(?:-----)?)?"
)
_SCHEME = re.compile(r"(?<![\w-])(bearer|basic)([ \t]{1,4}|%20|\+)([\w.~+/=-]{3,})", re.I | re.A)
# Up to the last @ before the path: people do not encode the @ in their passwords.
_USERINFO = re.compile(r"""(://[^\s/?#@:"'<>,]*:)([^\s/?#"'<>,]+)(?=@)""")
_BEARER_WORDS = ("token", "tokens", "auth", "authentication", "authorization", "only")
# Addresses that are a secret by themselves.
_HOOKS = re.compile(
    r"(hooks\.slack\.com/(?:services|workflows|triggers)/"
    r"|discord(?:app)?\.com/api/webhooks/[0-9]{1,25}/"
    r"|webhook\.office\.com/webhookb2/)[\w./@-]{16,}",
    re.ASCII,
)
# Keys whose telling part comes after the random one.
_SUFFIXED = re.compile(
    r"(?<![\w-])(?:[a-f0-9]{32}-us[0-9]{1,2}|[0-9]{8,10}:AA[\w-]{32,}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,})",
    re.ASCII,
)
_SUFFIXES = ("-us", ":AA", ".atlasv1.")
_HOSTS = ("hooks.slack", "discord", "webhook.office")

# Looked ahead, since most texts have digits and few have as many together.
_DIGITS = re.compile(r"[0-9](?=[0-9 -]{12})(?:[ -]?[0-9]){12}")


def may_hold_shape(text: str) -> bool:
    """Whether :func:`mask_shapes` could change *text*; a quick no for most texts."""
    return bool(_is_hinted(text) or holds_token(text) or _DIGITS.search(text))


def _is_hinted(text: str) -> bool:
    """Whether *text* has what a pass below needs. One by one, they are found in half the time
    that a pattern of them all takes.
    """
    return (
        "://" in text
        or "earer" in text
        or "asic" in text
        or "-us" in text
        or ":AA" in text
        or "discord" in text
        or "-----BEGIN" in text
        or "hooks.slack" in text
        or "webhook." in text
        or ".atlasv1" in text
        or "EARER" in text
        or "ASIC" in text
    )


def mask_shapes(text: str) -> str:
    """Return *text* with everything masked that looks like a secret by itself."""
    for needed, mask in _PASSES:
        if any(each in text for each in needed):
            text = mask(text)
    text = mask_tokens(text)
    if _DIGITS.search(text) is None:
        return text

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
    (_HOSTS, lambda text: _HOOKS.sub(rf"\1{MASK}", text)),
    (_SUFFIXES, lambda text: _SUFFIXED.sub(MASK, text)),
)
