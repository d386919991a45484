"""The worker: tells the owner about new requests, at once when the queue says so and by a sweep when it could not."""

import asyncio
import logging
from datetime import timedelta

from arq import Retry, cron
from arq.connections import RedisSettings
from arq.worker import Worker
from redis.exceptions import RedisError

from . import content, drain, notices, process, settings
from .store import Away, Store
from .telegram import Telegram, TelegramError
from .words import words

log = logging.getLogger(__name__)

# One sweep tells at most so many, so that a long silence does not become a flood.
_A_SWEEP = 20


class Notifier:
    """Brings untold requests to the owner's chat."""

    def __init__(self, store: Store, telegram: Telegram | None, locale: str, figures: dict[str, float]) -> None:
        self._store = store
        self._telegram = telegram
        self._words = words(locale)
        self._figures = figures

    async def tell(self, number: int | None = None) -> bool:
        """Tells one request, the given or the oldest; `False` when there is nothing to tell or nobody to tell it to."""
        if self._telegram is None:
            return False
        owner = await self._store.owner()
        if owner is None:
            return False
        async with self._store.untold(number) as request:
            if request is None:
                return False
            await self._telegram.say(
                owner, notices.card(request, self._words), buttons=notices.buttons(request, self._words)
            )
        self._figures["requests_told"] += 1
        return True


async def tell_owner(context: dict, number: int) -> None:
    """Job: one new request. Tried again when the Bot API or the database is away."""
    async with drain.in_hand(context["redis"]) as may_begin:
        if not may_begin:
            raise Retry(defer=timedelta(seconds=5))
        try:
            await context["notifier"].tell(number)
        except TelegramError as error:
            log.warning("request %s not told yet: %s", number, error)
            raise Retry(defer=timedelta(seconds=max(error.retry_after, 5 * context["job_try"]))) from None
        except Away as error:
            log.warning("request %s not told yet: database away, %s", number, type(error).__name__)
            raise Retry(defer=timedelta(seconds=5)) from None


async def sweep(context: dict) -> None:
    """Job, twice a minute: requests that came while the queue, the bot or the owner was missing."""
    async with drain.in_hand(context["redis"]) as may_begin:
        if not may_begin:
            return
        try:
            for _ in range(_A_SWEEP):
                if not await context["notifier"].tell():
                    return
        except (TelegramError, *Away) as error:
            log.warning("sweep stopped: %s", error or type(error).__name__)


async def _work(redis_url: str, notifier: Notifier) -> None:
    """Works until told to stop; a queue that goes away is waited for."""
    pause = 0.5
    while True:
        worker = Worker(
            functions=[tell_owner],
            cron_jobs=[cron(sweep, second={0, 30}, run_at_startup=True)],
            redis_settings=_patient(redis_url),
            ctx={"notifier": notifier},
            max_tries=8,
            job_timeout=60,
            poll_delay=0.5,
            health_check_interval=60,
            handle_signals=False,
        )
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("queue away: %s", type(error).__name__)
        finally:
            # Runs the jobs in hand to their end or puts them back; the queue may be gone, then there is nothing to say.
            try:
                await worker.close()
            except (RedisError, OSError):
                log.info("queue already gone")
        await asyncio.sleep(pause)
        pause = min(pause * 2, 10.0)


def _patient(url: str) -> RedisSettings:
    found = RedisSettings.from_dsn(url)
    found.conn_retries, found.conn_retry_delay, found.conn_timeout = 5, 1, 5
    return found


async def main() -> None:
    """The process."""
    found = settings.load()
    site = content.load(found.site_file)
    figures = {"requests_told": 0.0}
    async with process.reporting("worker", found, lambda: dict(figures)):
        work = asyncio.create_task(_run(found, site, figures))
        await process.until_stopped(work)


async def _run(found: settings.Settings, site: content.Site, figures: dict[str, float]) -> None:
    store = await Store.connect(found.database_url, size=4)
    telegram = Telegram(found.telegram_api_url, found.telegram_token) if found.telegram_token else None
    notifier = Notifier(store, telegram, site.locale, figures)
    try:
        await _work(found.redis_url, notifier)
    finally:
        if telegram:
            await telegram.close()
        await store.close()


if __name__ == "__main__":
    process.logs()
    asyncio.run(main())
