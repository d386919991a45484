"""The owner's bot: learns who the owner is, lists requests, marks them done. Without a token it is healthy and idle."""

import asyncio
import hmac
import logging

from . import content, notices, process, settings
from .limits import Limit
from .store import Away, Store
from .telegram import Telegram, TelegramError, quoted
from .words import words

log = logging.getLogger(__name__)

_WAIT_S = 25
_LISTED = 10


class Bot:
    """Answers updates one by one."""

    def __init__(self, store: Store, telegram: Telegram, found: settings.Settings, site: content.Site) -> None:
        self._store = store
        self._telegram = telegram
        self._settings = found
        self._site = site
        self._words = words(site.locale)
        # A claim code is long; this only keeps a guesser from being answered forever.
        self._guesses = Limit(5, 3600)

    async def answer(self, update: dict) -> None:
        """One update; a kind that means nothing here is passed over."""
        message = update.get("message")
        press = update.get("callback_query")
        if message and message.get("chat", {}).get("type") == "private" and "text" in message:
            await self._telegram.say(message["chat"]["id"], await self._reply(message["chat"]["id"], message["text"]))
        elif press:
            text = await self._pressed(press)
            await self._telegram.call("answerCallbackQuery", callback_query_id=press["id"], text=text)

    async def _reply(self, chat: int, text: str) -> str:
        command, _, argument = text.strip().partition(" ")
        command = command.split("@")[0].lower()
        if command == "/start" and argument:
            return await self._claim(chat, argument.strip())
        if await self._store.owner() != chat:
            return self._words("bot_stranger", name=quoted(self._site.name), url=quoted(self._settings.public_url))
        if command == "/requests":
            return await self._list()
        return self._words("bot_help", url=quoted(self._settings.public_url))

    async def _claim(self, chat: int, code: str) -> str:
        expected = self._settings.owner_claim_code
        if self._guesses.exhausted(str(chat)):
            return self._words("bot_too_many")
        if not expected or not hmac.compare_digest(code.encode(), expected.encode()):
            self._guesses.note(str(chat))
            return self._words("bot_wrong_code")
        if not await self._store.claim(chat):
            return self._words("bot_taken")
        return self._words("bot_welcome", name=quoted(self._site.name))

    async def _list(self) -> str:
        requests = await self._store.requests("new", limit=_LISTED)
        if not requests:
            return self._words("bot_none")
        return "\n\n".join(notices.line(request) for request in requests)

    async def _pressed(self, press: dict) -> str:
        verb, _, number = str(press.get("data", "")).partition(":")
        if await self._store.owner() != press["from"]["id"] or verb != "done" or not number.isdecimal():
            return self._words("bot_not_yours")
        if not await self._store.set_done(int(number), True):
            return self._words("bot_gone")
        message = press.get("message")
        if message:
            try:
                await self._telegram.call(
                    "editMessageReplyMarkup", chat_id=message["chat"]["id"], message_id=message["message_id"]
                )
            except TelegramError as error:
                log.info("button stays: %s", error)
        return self._words("bot_done")


async def _listen(bot: Bot, telegram: Telegram, figures: dict[str, float]) -> None:
    offset, pause = 0, 1.0
    while True:
        try:
            for update in await telegram.updates(offset, wait_s=_WAIT_S):
                try:
                    await bot.answer(update)
                except TelegramError as error:
                    # Blocked by this person, or a chat that is gone: theirs alone, the next update goes on.
                    log.warning("update %s not answered: %s", update["update_id"], error)
                # Moves only now: killed before, the server gives it again.
                offset = update["update_id"] + 1
                figures["updates_total"] += 1
            pause = 1.0
        except TelegramError as error:
            log.warning("bot waits: %s", error)
            await asyncio.sleep(max(error.retry_after, pause))
            # A revoked token (401, 404) does not come back soon; everything else may.
            pause = 60.0 if error.code in (401, 404) else min(pause * 2, 30.0)
        except Away as error:
            log.warning("database away: %s", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)


async def _run(found: settings.Settings, site: content.Site, figures: dict[str, float]) -> None:
    if not found.telegram_token:
        log.info("no bot token was given: idle")
        await asyncio.Event().wait()
    store = await Store.connect(found.database_url, size=2)
    telegram = Telegram(found.telegram_api_url, found.telegram_token)
    try:
        await _listen(Bot(store, telegram, found, site), telegram, figures)
    finally:
        await telegram.close()
        await store.close()


async def main() -> None:
    """The process."""
    found = settings.load()
    site = content.load(found.site_file)
    figures = {"updates_total": 0.0}
    async with process.reporting("bot", found, lambda: dict(figures)):
        await process.until_stopped(asyncio.create_task(_run(found, site, figures)))


if __name__ == "__main__":
    process.logs()
    asyncio.run(main())
