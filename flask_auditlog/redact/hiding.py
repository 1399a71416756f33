"""What may be seen of a value that stands under a secret name."""

from __future__ import annotations

from typing import Any

from .matching import is_matched
from .names import is_about
from .names import Verdict
from .tokens import MASK


def hide(item: Any, verdict: Verdict) -> Any:
    """Return what may be seen of *item*; *item* itself if all of it may.

    A list of two stays a list of two, since that is how changes are written: ``[MASK,
    MASK]``, or ``[None, MASK]`` where there was nothing before.
    """
    if _holds_nothing(item) or item == MASK or is_matched(item):
        return item
    if verdict is Verdict.COUNTABLE and isinstance(item, (int, float)):
        return item
    if isinstance(item, (list, tuple)) and (len(item) == 2 or verdict is Verdict.OPEN):
        shown = [_hide_element(each, verdict) for each in item]
        return item if all(new is old for new, old in zip(shown, item, strict=True)) else shown
    if verdict is Verdict.OPEN and isinstance(item, dict):
        return _hide_values(item)

    return MASK


def _holds_nothing(item: Any) -> bool:
    return item is None or isinstance(item, bool) or item in ("", [], {}, ())


def _hide_element(item: Any, verdict: Verdict) -> Any:
    """As :func:`hide`, but a list in a list is masked whole: it is no change."""
    if isinstance(item, (list, tuple)):
        return MASK if item else item

    return hide(item, verdict)


def _hide_values(item: dict[str, Any]) -> dict[str, Any]:
    """Leave what its own name calls an id, a type, a time or the like; hide the rest."""
    shown = {
        key: each if _is_shown(key, each) else hide(each, Verdict.SECRET)
        for key, each in item.items()
    }

    return item if all(shown[key] is each for key, each in item.items()) else shown


def _is_shown(key: Any, item: Any) -> bool:
    return isinstance(key, str) and is_about(key) and isinstance(item, (str, int, float))
