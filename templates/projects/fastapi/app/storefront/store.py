"""Everything that is kept: requests and the owner's chat. All SQL of the app stands here and in `migrations/`."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

log = logging.getLogger(__name__)

# What a database that is away, starting or overloaded makes a call raise.
Away = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asked for."""

    id: int
    name: str
    contact: str
    service: str
    message: str
    state: str
    created_at: datetime
    done_at: datetime | None


_COLUMNS = "id, name, contact, service, message, state, created_at, done_at"


class Store:
    """The database behind a small pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, url: str, *, size: int) -> "Store":
        """Waits for the database, which may start after us: quick at first, calmer later."""
        pause = 0.1
        while True:
            try:
                pool = await asyncpg.create_pool(
                    url, min_size=1, max_size=size, timeout=5, command_timeout=10, max_inactive_connection_lifetime=0
                )
                return cls(pool)
            except (*Away, asyncpg.InvalidCatalogNameError) as error:
                log.info("database not reachable yet: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 1.3, 5.0)

    async def close(self) -> None:
        """Ends the connections."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """One connection, for migrations."""
        async with self._pool.acquire() as connection:
            yield connection

    async def reachable(self) -> bool:
        """Whether the database answers within a second."""
        try:
            return await self._pool.fetchval("select true", timeout=1)
        except Away:
            return False

    async def add(self, token: UUID, name: str, contact: str, service: str, message: str) -> int | None:
        """Keeps a request and returns its number; `None` when this form was sent before."""
        return await self._pool.fetchval(
            "insert into request (form_token, name, contact, service, message) values ($1, $2, $3, $4, $5) "
            "on conflict (form_token) do nothing returning id",
            token, name, contact, service, message,
        )

    async def requests(self, state: str, *, limit: int) -> list[Request]:
        """The newest of a state first."""
        rows = await self._pool.fetch(
            f"select {_COLUMNS} from request where state = $1 order by created_at desc limit $2", state, limit
        )
        return [Request(**row) for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many there are of each state."""
        return dict(await self._pool.fetch("select state, count(*) from request group by state"))

    async def set_done(self, number: int, done: bool) -> bool:
        """Marks a request; `False` when there is none of this number."""
        return await self._pool.fetchval(
            "update request set state = case when $2 then 'done' else 'new' end, "
            "done_at = case when $2 then coalesce(done_at, now()) end where id = $1 returning true",
            number, done,
        ) is not None

    @asynccontextmanager
    async def untold(self, number: int | None = None) -> AsyncIterator[Request | None]:
        """The oldest request that the owner was not told of, held for us alone, and marked when the block ends well.

        Older than a week is history, not news. A kill between telling and marking tells it once more.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                f"select {_COLUMNS} from request where told_at is null and created_at > now() - interval '7 days' "
                "and ($1::bigint is null or id = $1) order by created_at limit 1 for update skip locked",
                number,
            )
            yield Request(**row) if row else None
            if row:
                await connection.execute("update request set told_at = now() where id = $1", row["id"])

    async def owner(self) -> int | None:
        """The owner's chat, once claimed."""
        return await self._pool.fetchval("select chat_id from owner_chat")

    async def claim(self, chat_id: int) -> bool:
        """Makes this chat the owner's; `False` when another one already is."""
        await self._pool.execute("insert into owner_chat (chat_id) values ($1) on conflict do nothing", chat_id)
        return await self.owner() == chat_id
