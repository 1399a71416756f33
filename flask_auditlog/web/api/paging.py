"""Which part of a list is asked for, in Phase Two's words: ``first`` and ``max``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from flask import request

from ...errors import QueryError
from ...recorder.plain import clip
from ...store.webhooks import State
from ...store.webhooks import STATES

MOST = 100
_FURTHEST = 2**31 - 1


def page(*, of_state: bool = False) -> tuple[int, int, State | None]:
    """Return how many to leave out, how many to answer, and of which state.

    :param of_state: whether there is a parameter ``state``.
    :raises QueryError: for a parameter that is none, or not of this list.
    """
    check_names(("first", "max", "state") if of_state else ("first", "max"))

    return _number("first", 0), min(_number("max", MOST), MOST), _state()


def check_names(known: Sequence[str]) -> None:
    """See that nothing but these stands in the address, each once. :raises QueryError: otherwise."""
    for name, values in request.args.lists():
        if name not in known:
            raise QueryError(f"`{clip(name)}` is not known here. Known: {', '.join(known)}.")
        if len(values) > 1:
            raise QueryError(f"`{name}` is given twice.", field=name)


def _number(name: str, default: int) -> int:
    value = request.args.get(name)
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(_FURTHEST))):
        raise QueryError(f"`{name}` must be a whole number from 0.", field=name)

    return min(int(value), _FURTHEST)


def _state() -> State | None:
    value = request.args.get("state")
    for each in STATES:
        if each == value:
            return each
    if value is not None:
        raise QueryError(f"`state` is one of {', '.join(get_args(State))}.", field="state")

    return None
