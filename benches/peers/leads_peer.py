"""Leads over HTTP with FastAPI and psycopg 3: an array of them in, one commit, how many were new out.

    DATABASE_URL=postgres://… TOKEN=… uvicorn leads_peer:app --loop uvloop --http httptools --workers 2
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, StringConstraints

TOKEN = os.environ["TOKEN"]
# Of one worker; each waits for a commit of its own.
CONNECTIONS = 16

TABLE = """
create table if not exists peer_leads (
    id          bigint generated always as identity primary key,
    source      text not null,
    external_id text not null,
    name        text not null,
    niche       text,
    phone       text not null,
    email       text not null,
    message     text,
    locale      text,
    created_at  timestamptz not null,
    unique (source, external_id)
)"""
INSERT = """
insert into peer_leads (source, external_id, name, niche, phone, email, message, locale, created_at)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::timestamptz[])
on conflict (source, external_id) do nothing"""

pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, open=False)
bearer = HTTPBearer()


def text(most: int | None = None) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


class Lead(BaseModel):
    """What a gateway sends; fields that are not here are left aside."""

    id: Annotated[str, text(64)]
    source: Annotated[str, text(253)]
    name: Annotated[str, text()]
    niche: Annotated[str, text(64)] | None = None
    phone: Annotated[str, text(64)]
    email: Annotated[str, text(320)]
    message: Annotated[str, text()] | None = None
    locale: Annotated[str, text(35)] | None = None
    created_at: datetime


class Answer(BaseModel):
    accepted: int
    duplicates: int


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    await pool.open(wait=True)
    async with pool.connection() as connection:
        # Workers start side by side, and only one makes the table.
        await connection.execute("select pg_advisory_xact_lock(1)")
        await connection.execute(TABLE)
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def ready() -> dict[str, bool]:
    return {"ready": True}


@app.post("/v1/leads", status_code=202)
async def receive(
    leads: list[Lead], token: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> Answer:
    if not secrets.compare_digest(token.credentials, TOKEN):
        raise HTTPException(401)
    columns = [
        [lead.source for lead in leads],
        [lead.id for lead in leads],
        [lead.name for lead in leads],
        [lead.niche for lead in leads],
        [lead.phone for lead in leads],
        [lead.email for lead in leads],
        [lead.message for lead in leads],
        [lead.locale for lead in leads],
        [lead.created_at for lead in leads],
    ]
    # Commits at its end.
    async with pool.connection() as connection:
        new = (await connection.execute(INSERT, columns)).rowcount
    return Answer(accepted=new, duplicates=len(leads) - new)
