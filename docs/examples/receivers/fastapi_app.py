"""A receiver in FastAPI: `uvicorn --factory receivers.fastapi_app:create_app`."""

from __future__ import annotations

import os

from fastapi import FastAPI
from fastapi import Request
from fastapi import Response
from fastapi.concurrency import run_in_threadpool

from .inbox import Inbox
from .verifying import NotGenuine
from .verifying import standard
from .verifying import Verify

# An event has 64 KiB at most, unless the sender's limits say otherwise.
MOST_BYTES = 1024 * 1024


def create_app(
    inbox: Inbox | None = None, secret: str | None = None, verify: Verify = standard
) -> FastAPI:
    """Make the app. `verify=phase_two` takes Phase Two's signature."""
    kept = inbox or Inbox(os.environ["WEBHOOK_INBOX"])
    key = secret or os.environ["WEBHOOK_SECRET"]
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        # FastAPI has no bound of its own. The log always says how long a body is.
        if int(request.headers.get("content-length", MOST_BYTES + 1)) > MOST_BYTES:
            return Response(status_code=413)
        # The bytes as they came: parsed and written again they would have another signature.
        body = await request.body()
        try:
            id_ = verify(body, request.headers, key)
        except NotGenuine:
            return Response(status_code=401)
        await run_in_threadpool(kept.keep, id_, body)
        return Response(status_code=204)

    return app
