"""Work on a database of a host that has only an asynchronous driver for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

Result = TypeVar("Result")


def run(engine: sa.Engine, work: Callable[[sa.Connection], Result]) -> Result:
    """Do *work* in a transaction, and return once it is committed."""
    # In a thread, since the caller's may run an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _run(engine, work)).result()


async def _run(engine: sa.Engine, work: Callable[[sa.Connection], Result]) -> Result:
    # Its connections belong to this event loop, which ends now.
    own = AsyncEngine(engine)
    try:
        async with own.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await own.dispose()
