"""Work on a database of a host that has an asynchronous engine for it.

With the host's own driver, arguments and hooks: another driver need not be installed, and would
not understand them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine

Result = TypeVar("Result")


def sibling(engine: sa.Engine) -> sa.Engine:
    """Return an engine with other connections, as :func:`.engine.sibling` does."""
    return create_async_engine(engine.url, pool=engine.pool.recreate()).sync_engine


def run(engine: sa.Engine, work: Callable[[sa.Connection], Result]) -> Result:
    """Do *work* in a transaction, and return once it is committed."""
    if not _is_in_loop():
        # Not in a thread: at the end of the process, none can be begun any more.
        return asyncio.run(_run(engine, work))
    with ThreadPoolExecutor(1) as thread:
        # In the caller's context, where whoever is told of the work finds its app.
        return thread.submit(copy_context().run, asyncio.run, _run(engine, work)).result()


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _run(engine: sa.Engine, work: Callable[[sa.Connection], Result]) -> Result:
    # Its connections belong to this event loop, which ends now.
    own = AsyncEngine(engine)
    try:
        async with own.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await own.dispose()
