"""The query of a page of results."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from ...errors import QueryError
from ...store.query import Query
from ..args import query_from
from .asked import Asked
from .asked import PATH
from .asked import VALUE


def query_of(asked: Asked) -> Query:
    """The query of the filters. :raises QueryError: when one of them cannot be read."""
    names = [name for name, _ in asked.filters]
    if PATH in names or VALUE in names:
        raise QueryError("Write both a path and a value.", field=PATH)
    zone = (("zone", asked.zone),) if asked.zone else ()

    return query_from(MultiDict((*asked.filters, *zone)))
