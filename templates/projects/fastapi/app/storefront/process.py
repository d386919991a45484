"""What the three processes have in common: logs, a sign of life, telemetry around their work."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from .settings import Settings
from .telemetry import ErrorReporter, Telemetry

_ALIVE = Path("/tmp/alive")  # noqa: S108  a tmpfs of this container alone
_SIGN_EVERY_S = 3.0


def logs() -> None:
    """Plain lines on standard output, where Docker keeps them."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It writes request addresses, and a bot's address holds its token.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # A database that is away is told by whoever asks it, in one line.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


async def _sign_of_life() -> None:
    while True:
        _ALIVE.write_text(f"{int(time.time())}\n")
        await asyncio.sleep(_SIGN_EVERY_S)


@asynccontextmanager
async def reporting(
    service: str, settings: Settings, figures: Callable[[], dict[str, float]] = dict
) -> AsyncIterator[Telemetry]:
    """Runs telemetry and the sign of life around a process's work, and says goodbye after it."""
    telemetry = Telemetry(
        service,
        tenant=settings.tenant,
        url=settings.hub_redis_url,
        mode=settings.telemetry_mode,
        interval_s=settings.heartbeat_interval_s,
        state_dir=settings.files_dir,
        figures=figures,
    )
    reporter = ErrorReporter(telemetry)
    logging.getLogger().addHandler(reporter)
    tasks = [asyncio.create_task(telemetry.run()), asyncio.create_task(_sign_of_life())]
    try:
        yield telemetry
    finally:
        logging.getLogger().removeHandler(reporter)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await telemetry.bye()


async def until_stopped(work: asyncio.Task) -> None:
    """Lets a process work until SIGTERM or SIGINT; an error of the work ends the process, to be started again."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        stopped.cancel()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
