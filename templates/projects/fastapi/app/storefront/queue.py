"""The web process's end of the job queue. A queue that is away costs nothing: the worker's sweep finds the request."""

import asyncio
import logging

from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Queue:
    """Hands jobs to the worker."""

    def __init__(self, url: str) -> None:
        self._settings = RedisSettings.from_dsn(url)
        self._settings.conn_retries, self._settings.conn_timeout = 0, 1
        self._pool: ArqRedis | None = None

    async def tell_owner(self, number: int) -> None:
        """Asks the worker to tell the owner of a request; never fails and never takes longer than 2 s."""
        try:
            async with asyncio.timeout(2):
                if self._pool is None:
                    self._pool = await create_pool(self._settings)
                await self._pool.enqueue_job("tell_owner", number, _job_id=f"request-{number}")
        except (RedisError, OSError, TimeoutError) as error:
            log.info("queue away (%s): the sweep will find request %s", type(error).__name__, number)

    async def close(self) -> None:
        """Ends the connections."""
        if self._pool is not None:
            await self._pool.aclose()
