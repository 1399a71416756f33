"""What is typed where events are sent again -> what is asked. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import tzinfo
from datetime import UTC
from typing import get_args

from ....errors import Fault
from ....errors import InvalidWebhook
from ....store.promises.again import Asked
from ....store.promises.again import Kind
from ....store.promises.again import RATE
from ...args import read_time

FIELDS = ("kind", "after", "before", "held", "rate")


def typed_of(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the form that were sent."""
    return {name: sent[name] for name in FIELDS if sent.get(name, "").strip()}


def asked_of(typed: Mapping[str, str], zone: tzinfo = UTC) -> Asked:
    """Return what is asked, with times of *zone*.

    :raises InvalidWebhook: with every field that cannot be read.
    """
    faults: list[Fault] = []
    kinds: Mapping[str, Kind] = {each: each for each in get_args(Kind)}
    kind = kinds.get(typed.get("kind", ""))
    if kind is None:
        faults.append(Fault("kind", "Say what is to be sent again."))
    after, before = (_time(name, typed, faults, zone) for name in ("after", "before"))
    if faults or kind is None:
        raise InvalidWebhook(faults=faults)

    return Asked(
        kind=kind,
        after=after,
        before=before,
        held=kind == "recover" and "held" in typed,
        rate=_rate(typed.get("rate")),
    )


def _time(name: str, typed: Mapping[str, str], faults: list[Fault], zone: tzinfo) -> int | None:
    if name not in typed:
        return None
    try:
        return read_time(typed[name].strip(), zone)
    except (ValueError, OverflowError):
        faults.append(Fault(name, "Write a date and a time."))
        return None


def _rate(text: str | None) -> float:
    """Return the number; what is none as one that is refused behind this."""
    try:
        return RATE if text is None else float(text)
    except ValueError:
        return math.nan
