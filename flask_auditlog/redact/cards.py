"""Payment card numbers: by issuer, length, check digit and grouping, all four.

Each alone is met by many an id or a time in milliseconds; together they are rare. Issuer
ranges as published under ISO/IEC 7812.
"""

from __future__ import annotations

import re

# A whole run of digits, with single spaces or dashes between. Not part of a longer word,
# of an id such as `order-4111…`, of a phone number or of a decimal. It is taken whole, by what
# is looked ahead: possessive groups are wrong in Python before 3.11.5.
RUN = re.compile(
    r"(?<![\w.+-])[0-9](?=(?P<rest>(?:[ -]?[0-9])+))(?P=rest)(?![\w-]|\.[0-9])", re.ASCII
)

_ISSUERS = re.compile(
    r"""
      4[0-9]{12}(?:[0-9]{3})?                                       # Visa
    | (?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}
    | 3[47][0-9]{13}                                                # American Express
    | (?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}                     # Discover
    | 35(?:2[89]|[3-8][0-9])[0-9]{12}                               # JCB
    | 3(?:0[0-59]|[689][0-9])[0-9]{11}                              # Diners
    | 62[0-9]{14}(?:[0-9]{3})?                                      # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[123])[0-9]{12}           # Maestro
    | 220[0-4][0-9]{12}                                             # Mir
    """,
    re.VERBOSE,
)
_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 5), (6, 10), (6, 13)}
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_card(run: str) -> bool:
    """Whether *run* (digits, single spaces and dashes) is a card number."""
    if not 13 <= len(run) <= 23:
        return False
    groups = re.split("[ -]", run)
    mixed = " " in run and "-" in run
    if len(groups) > 1 and (mixed or tuple(map(len, groups)) not in _GROUPS):
        return False
    digits = "".join(groups)

    return _ISSUERS.fullmatch(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    plain = sum(int(digit) for digit in digits[-1::-2])

    return (plain + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0
