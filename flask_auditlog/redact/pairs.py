"""Secrets that a name gives away inside a text.

``password=x``, ``"password": "x"``, ``X-Api-Key: x``, ``--token x``, ``?sig=x``,
``%3Ftoken%3Dx``, ``<Password>x</Password>``. The rest of the text stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .names import SECRET
from .names import Verdict
from .tokens import MASK
from .vocabulary import QUERY_SECRETS

Judge = Callable[[str], Verdict]

# A name starts where a word starts, or after a percent-encoded character, and is taken
# whole (possessively), so that no character is looked at twice.
_PAIR = re.compile(
    r"""
      (?:(?<![\w.%-])|(?<=%[0-9A-F]{2}))
      (?P<flag>--)? (?P<name>[\w.-]++)
      (?P<sep>
          (?:\]|%5B|%5D){0,3} [ \t]{0,4} (?:=>?|%3D) [ \t]{0,4}   # a=b, a = b, u[a]=b
        | \\{0,8}["'] [ \t]{0,4} (?::|=>?) \s{0,4}                # "a": b
        | [ \t]{0,4} : (?=[ \t"']) [ \t]{0,4}                     # a: b, but not an ARN's a:b
        | (?(flag)[ \t]{1,4}(?=[^\s-])|(?!))                      # --a b
      )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# What every pair has. Its alternatives begin with a character that the engine can skip to.
may_hold_pair = re.compile(r"""=|<|%3[Dd]|--\w|:[ \t"']|"\s{0,4}:|'\s{0,4}:""").search
_QUOTED = re.compile(r"""(\\{0,8}["']).*?(?:(?<!\\)\1|\Z)""", re.DOTALL)
# A comma or a bracket ends a value where something else begins after it; `a,b` may be one.
_BARE = re.compile(
    r"""
    (?: (?!%26|%22|%0[AD]) [^\s&;,"'<>)\]}\\]
      | [,)\]}] (?!\s|\Z|["'),\]};]|[\w.-]{1,40}[ ]?[=:])
      | '(?=\w)
      | \\(?!["'nrt])
    )+
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(r"[^\r\n]+")
_ELEMENT = re.compile(r"<(?:[\w-]+:)?([\w.-]+)((?:\s[^<>]*)?>)([^<>]+)(?=</)")
# Headers whose value may hold spaces and semicolons, and words written with spaces.
_TO_LINE_END = re.compile(r"(?:cookie|authorization|phrase|mnemonic)$", re.IGNORECASE)
# What stands for "none given" is not a secret, here as in the value of a field.
_NOTHING = re.compile(
    r"""(?:null|none|nil|true|false|undefined|\[masked\])(?=[\s&;,"'<>)\]}\\]|%26|%22|%0[AD]|\Z)""",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[0-9]{1,18}(?![^\s&;,\"'<>)\]}\\])")
_SCHEME = re.compile(r"(?:bearer|basic|digest|token)[ \t]+", re.IGNORECASE)


def mask_pairs(text: str, verdict: Judge) -> str:
    """Return *text* with the values of secret names masked."""
    if may_hold_pair(text) is None:
        return text
    out: list[str] = []
    done = 0
    for pair in _PAIR.finditer(text):
        if pair.start() < done or not (found := _judge(text, pair, verdict)):
            continue
        span = _value(text, pair, found)
        if span is not None:
            out += (text[done : span[0]], MASK)
            done = span[1]
    text = "".join((*out, text[done:])) if out else text
    if "</" not in text:
        return text

    return _ELEMENT.sub(lambda element: _mask_element(element, verdict), text)


def _mask_element(element: re.Match[str], verdict: Judge) -> str:
    name, _, value = element.groups()
    if verdict(name) not in SECRET or not value.strip() or value == MASK:
        return element[0]

    return f"{element[0][: -len(value)]}{MASK}"


def _judge(text: str, pair: re.Match[str], verdict: Judge) -> Verdict:
    name = pair["name"]
    if (found := verdict(name)) in SECRET:
        return found
    in_query = pair.start() > 0 and text[pair.start() - 1] in "?&"
    if in_query and name.lower() in QUERY_SECRETS and _is_long(text, pair.end()):
        return Verdict.SECRET

    return Verdict.CLEAR


def _is_long(text: str, start: int) -> bool:
    """Codes that open something are long; `code=404` and `key=name` are not."""
    value = _BARE.match(text, start)

    return value is not None and len(value[0]) >= 16


def _value(text: str, pair: re.Match[str], verdict: Verdict) -> tuple[int, int] | None:
    """Where the value after *pair* begins and ends, without its quotes; None: no secret."""
    start = pair.end()
    if quoted := _QUOTED.match(text, start):
        return _between_quotes(text, quoted)
    if _NOTHING.match(text, start):
        return None
    if verdict is Verdict.COUNTABLE and _COUNT.match(text, start):
        return None
    if text[start : start + 1] in ("[", "{") or _goes_on(pair):
        return _to_line_end(text, start)
    bare = _BARE.match(text, start)

    return None if bare is None else bare.span()


def _goes_on(pair: re.Match[str]) -> bool:
    return ":" in pair["sep"] and _TO_LINE_END.search(pair["name"]) is not None


def _between_quotes(text: str, quoted: re.Match[str]) -> tuple[int, int] | None:
    quote = quoted[1]
    closed = quoted[0].endswith(quote) and len(quoted[0]) >= 2 * len(quote)
    start, end = quoted.start() + len(quote), quoted.end() - (len(quote) if closed else 0)

    return None if start >= end or text[start:end] == MASK else (start, end)


def _to_line_end(text: str, start: int) -> tuple[int, int] | None:
    if scheme := _SCHEME.match(text, start):
        start = scheme.end()
    line = _LINE.match(text, start)

    return None if line is None or line[0] == MASK else line.span()
