"""Everything that was found, as a file."""

from __future__ import annotations

from flask import request
from flask import Response

from ..download import download
from ..download import format_of
from .asked import asked_of
from .search_page import query_of
from .visitors import scope_of


def export() -> Response:
    """Stream what the filters find, in the format that is asked for."""
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    kind = format_of(asked.format)

    return download(query_of(asked), scope, kind)
