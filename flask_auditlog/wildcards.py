"""Texts in which ``*`` stands for anything: paths and endpoints of requests, types of events."""

from __future__ import annotations


def is_like(pattern: str, text: str) -> bool:
    """Whether *text* is as *pattern* says; ``*`` stands for anything, also for nothing.

    Each part between two stars is taken where it first fits, and is never tried again: the
    time is that of finding a text in a text, whatever a stranger wrote.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    end = len(text) - len(last)
    if end < len(first) or not text.startswith(first) or not text.endswith(last):
        return False
    place = len(first)
    for part in rest:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)

    return True
