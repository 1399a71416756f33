"""For the tests of an app that has an audit log: what was recorded, and was it enough?

With pytest, the fixture ``audited`` and the option ``--audit-strict`` are there by themselves
(``plugin.py``). Elsewhere, :func:`recorded` gives the same.
"""

# Nothing here imports Flask, or another room, when it is loaded: pytest loads it before
# everything else, in every run where this package is installed.

from __future__ import annotations

from .listening import recorded
from .recorded import Recorded

__all__ = ["Recorded", "recorded"]
