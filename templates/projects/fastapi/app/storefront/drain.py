"""The `drain` hook: `python -m storefront.drain` in the worker. New jobs stay in the queue, those in hand are finished.

Ends with 0 when nothing is being worked on, with 1 when that took too long. The wish lapses by itself, so that a stack
that is not stopped after all goes on working.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from redis.asyncio import Redis

from . import settings

_KEY = "storefront:drain"
_LASTS_S = 60
_PATIENCE_S = 30.0
_IN_HAND = "storefront:in-hand:"
# Longer than any job may take; what a killed worker leaves behind lapses.
_JOB_S = 70


@asynccontextmanager
async def in_hand(redis: Redis) -> AsyncIterator[bool]:
    """Around a job's work; gives whether it may begin. Marked before it asks, so that no job slips past a drain."""
    mark = f"{_IN_HAND}{uuid4().hex}"
    await redis.set(mark, 1, ex=_JOB_S)
    try:
        yield not await redis.exists(_KEY)
    finally:
        await redis.delete(mark)


async def drain(redis: Redis) -> None:
    """Asks for it and waits until nothing is in hand."""
    await redis.set(_KEY, 1, ex=_LASTS_S)
    while [key async for key in redis.scan_iter(f"{_IN_HAND}*")]:
        await asyncio.sleep(0.2)


async def _main() -> int:
    async with Redis.from_url(settings.load().redis_url, socket_timeout=5) as redis:
        try:
            await asyncio.wait_for(drain(redis), _PATIENCE_S)
        except TimeoutError:
            print(f"still working after {_PATIENCE_S:.0f} s", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
