"""Calling an app as a server does, without one: what is left is the app's own time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

Call = Callable[[], bytes]


def caller(
    app: Flask,
    path: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> Call:
    """Return a function that sends this request to *app* and returns the answer's body.

    :raises RuntimeError: from the call, when the answer has another status.
    """
    built = EnvironBuilder(
        path, method=method, headers=Headers(headers or {}), data=body
    ).get_environ()
    expected = str(status)

    def call() -> bytes:
        environ = {**built, "wsgi.input": BytesIO(body)}
        said: list[str] = []

        def start(line: str, *_: Any) -> Any:
            said.append(line)

        answer = app.wsgi_app(environ, start)
        content = b"".join(answer)
        _close(answer)
        if not said[0].startswith(expected):
            raise RuntimeError(f"{path} answered {said[0]}: {content[:500]!r}")
        return content

    return call


def drained(app: Flask, path: str, headers: dict[str, str]) -> tuple[int, int]:
    """Read an answer of any size; return its number of line breaks and of bytes."""
    environ = EnvironBuilder(path, headers=Headers(headers)).get_environ()
    said: list[str] = []

    def start(line: str, *_: Any) -> Any:
        said.append(line)

    lines = size = 0
    answer = app.wsgi_app(environ, start)
    for chunk in answer:
        lines += chunk.count(b"\n")
        size += len(chunk)
    _close(answer)
    if not said[0].startswith("200"):
        raise RuntimeError(f"{path} answered {said[0]}")

    return lines, size


def _close(answer: Iterable[bytes]) -> None:
    close = getattr(answer, "close", None)
    if close is not None:
        close()
