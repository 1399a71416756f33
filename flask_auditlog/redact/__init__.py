"""Values and a policy, to values without secrets. Pure; imports no framework."""

from __future__ import annotations

from .masker import Masker
from .matching import matched
from .tokens import MASK

__all__ = ["MASK", "Masker", "matched"]
