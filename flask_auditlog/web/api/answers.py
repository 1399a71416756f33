"""What every GET begins and ends with: the parameters of the address, and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from flask import request
from flask import Response
from werkzeug.datastructures import MultiDict

from ...errors import QueryError
from ...event import Record
from ...export import wire


def params_of_address() -> MultiDict[str, str]:
    """The parameters of the address. :raises QueryError: when they are not UTF-8."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise QueryError("The address is not UTF-8.") from error

    return request.args


def given(records: Iterable[Record], positions: bool) -> str:  # noqa: FBT001 (the scope's)
    """The records as a JSON array. The stored bytes are copied, never written anew."""
    return f"[{','.join(wire(record, positions) for record in records)}]"


def json_answer(body: str) -> Response:
    """An answer of JSON that is written already."""
    return Response(body, mimetype="application/json")
