"""The `drain` hook: `python -m storefront.drain` in the worker. New jobs stay in the queue, those in hand are finished.

Ends with 0 when nothing is being worked on, with 1 when that took too long. The wish lapses by itself, so that a stack
that is not stopped after all goes on working.
"""

import asyncio
import sys

from redis.asyncio import Redis

from . import settings

_KEY = "storefront:drain"
_LASTS_S = 60
_PATIENCE_S = 30.0
_IN_HAND = "arq:in-progress:*"


async def asked(redis: Redis) -> bool:
    """Whether a job that just began should go back into the queue."""
    return bool(await redis.exists(_KEY))


async def drain(redis: Redis) -> None:
    """Asks for it and waits until nothing is in hand."""
    await redis.set(_KEY, 1, ex=_LASTS_S)
    while [key async for key in redis.scan_iter(_IN_HAND)]:
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
