"""Every mapped class of this process, for the coverage report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import orm
from sqlalchemy.orm import mapperlib


def mapped() -> Sequence[orm.Mapper[Any]]:
    """Return all mappers, by the names of their classes.

    Of all registries that are alive: a host may have made one by any extension, or by none.
    """
    registries = mapperlib._all_registries()  # noqa: SLF001 (there is no public way to find them)
    found = [each for registry in registries for each in registry.mappers]

    return sorted(found, key=lambda each: (each.class_.__module__, each.class_.__qualname__))
