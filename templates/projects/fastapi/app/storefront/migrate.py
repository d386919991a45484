"""Brings the database to the present schema: `python -m storefront.migrate`.

Runs at every start of the backend and as the template's `migrate` hook; two at once wait for each other.
"""

import asyncio
from pathlib import Path

import asyncpg

from . import settings

_FOLDER = Path(__file__).with_name("migrations")
# Any constant: whoever holds this advisory lock migrates.
_LOCK = 7_061_983


async def migrate(connection: asyncpg.Connection) -> int:
    """Applies what is missing, each file in a transaction of its own; returns how many."""
    applied = 0
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(
            "create table if not exists schema_migration "
            "(version integer primary key, applied_at timestamptz not null default now())"
        )
        done = {row["version"] for row in await connection.fetch("select version from schema_migration")}
        for path in sorted(_FOLDER.glob("[0-9]*.sql")):
            version = int(path.name.split("_")[0])
            if version in done:
                continue
            async with connection.transaction():
                await connection.execute(path.read_text(encoding="utf-8"))
                await connection.execute("insert into schema_migration (version) values ($1)", version)
            applied += 1
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)
    return applied


async def _main() -> None:
    connection = await asyncpg.connect(settings.load().database_url)
    try:
        print(f"migrations applied: {await migrate(connection)}")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(_main())
