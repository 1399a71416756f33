"""What an expression means, said once more: by plain Python, over the JSON of a record."""

from __future__ import annotations

import json
from decimal import Decimal
from ipaddress import ip_address
from ipaddress import ip_network
from typing import Any

from flask_auditlog.store.language.expression import And
from flask_auditlog.store.language.expression import Expression
from flask_auditlog.store.language.expression import Not
from flask_auditlog.store.language.expression import Or
from flask_auditlog.store.language.expression import Term
from flask_auditlog.store.language.expression import Window
from flask_auditlog.store.language.times import read_span
from flask_auditlog.store.language.times import zone_of
from flask_auditlog.store.language.values import names_of
from flask_auditlog.wildcards import is_like

PLACES = {
    "type": ["type"],
    "actor": ["authDetails.userId", "authDetails.username"],
    "user": ["authDetails.userId"],
    "username": ["authDetails.username"],
    "client": ["authDetails.clientId"],
    "session": ["authDetails.sessionId"],
    "ip": ["authDetails.ipAddress"],
    "org": ["organizationId"],
    "resource": ["resourcePath"],
    "resource_type": ["resourceType"],
    "operation": ["operationType"],
    "error": ["error"],
    "request": ["requestId"],
    "source": ["source"],
}
MISSING = object()


class Written(Decimal):
    """A number, and how it is written."""

    def __init__(self, text: str) -> None:
        self.text = text


def means(expression: Expression, body: str, now: int, zone: str) -> bool:
    """Whether *expression* finds the record of this body."""
    match expression:
        case And(parts):
            return all(means(part, body, now, zone) for part in parts)
        case Or(parts):
            return any(means(part, body, now, zone) for part in parts)
        case Not(part):
            return not means(part, body, now, zone)
        case Window():
            raise AssertionError
    return is_so(expression, body, now, zone)


def is_so(term: Term, body: str, now: int, zone: str) -> bool:
    """Whether a term finds the record of this body."""
    event = json.loads(body, parse_float=Written)
    if term.field in {"time", "after", "before"}:
        return in_time(term, event["time"], now, zone)
    if term.field == "text":
        return lowered(json.dumps(term.value, ensure_ascii=False)[1:-1]) in lowered(body)
    if term.path is not None:
        return any(in_details(term, each) for each in found(event.get("details"), term.path))

    return any(in_field(term, at(event, place)) for place in PLACES[term.field])


def lowered(text: str) -> str:
    """Return *text* with its ASCII letters in lower case."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def at(value: Any, path: str) -> Any:
    """Return what is at a dotted path, or MISSING."""
    for step in path.split("."):
        value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
    return value


def found(value: Any, path: str) -> list[Any]:
    """Return what is at a dotted path: of a list, whatever is in it too."""
    values = [value]
    for step in names_of(path):
        inside = [each[step] for each in values if isinstance(each, dict) and step in each]
        values = [each for one in inside for each in spread(one)]
    return values


def spread(value: Any) -> list[Any]:
    """Return *value* and, of a list, what each element of it spreads to."""
    elements = value if isinstance(value, list) else []
    return [value, *(each for element in elements for each in spread(element))]


def in_time(term: Term, time: int, now: int, zone: str) -> bool:
    """Whether *time* is one that the term wants."""
    start, end = read_span(term.value, now=now, zone=zone_of(zone))
    last = read_span(term.until or term.value, now=now, zone=zone_of(zone))[1]
    sign = {"after": ">=", "before": "<"}.get(term.field, term.operator)
    verdicts = {">=": time >= start, ">": time >= end, "<": time < start, "<=": time < end}

    return verdicts.get(sign, start <= time < last)


def in_field(term: Term, value: Any) -> bool:
    """Whether a text that a column holds is as the term says."""
    if value is MISSING or term.operator in {"exists", "like"}:
        return value is not MISSING and (term.operator == "exists" or is_like(term.value, value))
    if term.field == "ip":
        return ip_address(value) in ip_network(term.value, strict=False)
    below = term.field == "resource" and value.startswith(f"{term.value}/")

    return bool(value == term.value or below)


def in_details(term: Term, value: Any) -> bool:
    """Whether a JSON value is as the term says."""
    if value is None:
        return term.operator == "is" and term.value == "null"
    text = value if isinstance(value, str) else written(value)
    if term.operator in {"exists", "like"}:
        return term.operator == "exists" or is_like(term.value, text)
    if term.operator == "quoted":
        return isinstance(value, str) and value == term.value
    number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if term.operator == "is":
        same = number and is_decimal(term.value) and value == Decimal(term.value)
        return text == term.value or same

    return number and compared(term, value)


def compared(term: Term, value: int | Decimal) -> bool:
    """Whether a number is as large as the term says."""
    low, high = Decimal(term.value), Decimal(term.until or term.value)
    verdicts = {">=": value >= low, ">": value > low, "<": value < low, "<=": value <= low}

    return verdicts.get(term.operator, low <= value <= high)


def written(value: Any) -> str:
    """Return a JSON value as it stands in a body."""
    if isinstance(value, Written):
        return value.text
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=float)


def is_decimal(text: str) -> bool:
    """Whether *text* is a number."""
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False
