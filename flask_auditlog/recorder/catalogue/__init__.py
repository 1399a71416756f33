"""The catalogue: the types that an app defined, and the events that follow them or do not.

Only :mod:`.making` and what it imports need marshmallow, which is slow to import.
"""

from __future__ import annotations

from .definition import Catalogue
from .definition import Checks
from .definition import Definition

__all__ = ["Catalogue", "Checks", "Definition"]
