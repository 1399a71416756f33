"""What an endpoint is for, and whether it was done there, when no signal says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from typing import Literal

Verdict = Literal["done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is done at an endpoint.

    :param type: of the event, without ``access.``.
    :param quiet: how it answers when it was done, if nothing else tells: with any success
        (``answered``), or with a redirect or success in JSON (``redirected``). A login that
        gives a token need not be told.
    :param pages: endpoints where one that failed begins again.
    :param oauth: a provider sends the user back here.
    """

    type: str
    methods: frozenset[str] = frozenset({"POST"})
    quiet: Literal["answered", "redirected"] | None = None
    pages: frozenset[str] = frozenset()
    oauth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What of a response and its session says whether somebody was logged in.

    :param back: it redirects to where the user came from, or to where one begins.
    :param names: of JSON fields that are set, and of what is new in the session.
    """

    status: int
    json: bool = False
    back: bool = False
    names: frozenset[str] = frozenset()


def verdict(expected: Expected, answer: Answer) -> Verdict | None:
    """Return whether it was done, when no signal said so; ``None`` if it goes on elsewhere."""
    if answer.status >= 400:
        return "failed"
    redirected = answer.status >= 300
    if expected.quiet is not None:
        done = not redirected if expected.quiet == "answered" else redirected or answer.json
        return "done" if done else "failed"
    if expected.type != "LOGIN":
        return "failed"
    if asks_for_more(answer.names) or (redirected and not answer.back):
        return None

    return "done" if not redirected and gives_token(answer.names) else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A user whom an OAuth provider sent back.

    :param received: a token came with them.
    :param answered: the provider said something, be it an error.
    :param logged_in: somebody is logged in at the end, ...
    :param logins: ... if the app has a way to tell: flask-login.
    """

    received: bool
    answered: bool
    logged_in: bool
    logins: bool


def verdict_of_return(given: Return, answer: Answer) -> tuple[str, Verdict] | None:
    """Return the type of what was done, or was to be done, when no login was told."""
    kind = "SOCIAL_LINK" if given.logins and given.logged_in else "LOGIN"
    if answer.status >= 400:
        return kind, "failed"
    if asks_for_more(answer.names):
        return None
    if not given.received:
        return (kind, "failed") if given.answered else None
    # A token, and nobody in: the app did not want them.
    return kind, "failed" if given.logins and not given.logged_in else "done"


# https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1, as short as they are in practice.
_CODE = re.compile(r"[a-z_]{1,60}")


def code(said: Any) -> str | None:
    """Return the code of an error that an OAuth provider sent; ``None`` for any other text."""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else None


_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

# One of these words in a name says that it is about a second factor.
_FACTORS = frozenset("mfa tfa tf otp totp factor webauthn passkey challenge".split())

# The whole name of a field that lets somebody in.
_TOKENS = frozenset("token accesstoken authtoken authenticationtoken idtoken jwt bearer".split())


def asks_for_more(names: Iterable[str]) -> bool:
    """Whether one of *names* is about a second factor."""
    return any(_is_factor(name) for name in names)


def _is_factor(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return not _FACTORS.isdisjoint(words) or ("2", "fa") in pairwise(words)


def gives_token(names: Iterable[str]) -> bool:
    """Whether one of *names* is a token's."""
    return any(re.sub(r"[^a-z]", "", name.lower()) in _TOKENS for name in names)


def names_of(body: Any, depth: int = 2) -> set[str]:
    """Return the names of the fields of a JSON object that say yes, its inner objects' too."""
    if not isinstance(body, Mapping) or depth == 0:
        return set()
    names = {str(name) for name, value in body.items() if value}

    return names.union(*(names_of(value, depth - 1) for value in body.values()))
