"""The web process: `python -m storefront.web`. Puts the rooms together and serves them on port 8000."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from . import admin, content, palette, process, public, settings
from .figures import Figures, Measure
from .migrate import migrate
from .page import Pages
from .photo import Photos
from .queue import Queue
from .store import Store
from .words import words

log = logging.getLogger(__name__)

_STATIC = Path(__file__).with_name("static")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def create(found: settings.Settings) -> FastAPI:
    """The app; it serves its pages at once and its requests as soon as the database is there."""
    site = content.load(found.site_file)
    figures = Figures()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store = None
        async with process.reporting("backend", found, figures.read) as telemetry:
            app.state.telemetry = telemetry
            opening = asyncio.create_task(_open(app, found))
            try:
                yield
            finally:
                opening.cancel()
                with suppress(asyncio.CancelledError):
                    await opening
                await app.state.queue.close()
                if app.state.store:
                    await app.state.store.close()

    app = FastAPI(title=site.name, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.queue = Queue(found.redis_url)
    photos = Photos(found, site)
    pages = Pages(site, words(site.locale), palette.make(site.colours, site.kind), photos, found)
    app.add_middleware(Measure, figures=figures)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.include_router(public.routes(pages, photos))
    app.include_router(admin.routes(pages, photos, found))

    @app.get("/health")
    async def health() -> Response:
        store: Store | None = app.state.store
        if store is not None and await store.reachable():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("waiting for the database\n", status_code=503)

    @app.middleware("http")
    async def headers(request: Request, call_next) -> Response:  # noqa: ANN001  starlette's own type is private
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return pages.error(request, error.status_code, error.detail)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        # Logged with its traceback by the server, and so told to the hub.
        return pages.error(request, 500)

    return app


async def _open(app: FastAPI, found: settings.Settings) -> None:
    """Connects and migrates beside the server's start."""
    store = await Store.connect(found.database_url, size=6)
    async with store.connection() as connection:
        applied = await migrate(connection)
    if applied:
        log.info("migrations applied: %s", applied)
    app.state.store = store


def main() -> None:
    """The process."""
    process.logs()
    config = uvicorn.Config(
        create(settings.load()), host="0.0.0.0", port=8000, access_log=False, log_config=None,  # noqa: S104  in a container
        proxy_headers=False, server_header=False, timeout_graceful_shutdown=8, limit_concurrency=200,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
