"""The few Bot API calls that the worker and the bot make. The token never leaves this file, not even in an error."""

import html
from typing import Any

import httpx


class TelegramError(Exception):
    """The Bot API refused or could not be reached. `retry_after` says when to come back, in seconds."""

    def __init__(self, description: str, *, code: int = 0, retry_after: float = 0) -> None:
        super().__init__(description)
        self.code = code
        self.retry_after = retry_after


class Telegram:
    """A client of one bot."""

    def __init__(self, api_url: str, token: str) -> None:
        self._base = f"{api_url}/bot{token}"
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(10.0))

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.aclose()

    async def call(self, method: str, *, wait_s: float = 0, **parameters: Any) -> Any:
        """One call; `wait_s` is how long the server itself may wait before it answers."""
        try:
            response = await self._client.post(f"{self._base}/{method}", json=parameters, timeout=10.0 + wait_s)
            answer = response.json()
        except httpx.HTTPError as error:
            # Without its cause, whose text may hold the address and so the token.
            raise TelegramError(f"{method}: {type(error).__name__}") from None
        except ValueError:
            raise TelegramError(f"{method}: the answer is not JSON") from None
        if not answer.get("ok"):
            raise TelegramError(
                f"{method}: {answer.get('description', 'refused')}",
                code=int(answer.get("error_code", 0)),
                retry_after=float(answer.get("parameters", {}).get("retry_after", 0)),
            )
        return answer["result"]

    async def updates(self, offset: int, *, wait_s: int) -> list[dict]:
        """The updates from `offset` on, waiting up to `wait_s` for one."""
        return await self.call(
            "getUpdates", wait_s=wait_s, offset=offset, timeout=wait_s, allowed_updates=["message", "callback_query"]
        )

    async def say(self, chat_id: int, text: str, *, buttons: list[tuple[str, str]] | None = None) -> None:
        """Sends HTML text; `buttons` are (label, data) in one row."""
        parameters: dict[str, Any] = {"chat_id": chat_id, "text": text, "parse_mode": "HTML"}
        if buttons:
            row = [{"text": label, "callback_data": data} for label, data in buttons]
            parameters["reply_markup"] = {"inline_keyboard": [row]}
        await self.call("sendMessage", **parameters)


def quoted(text: str, limit: int = 1000) -> str:
    """A person's text for HTML, cut to a length that always fits a message."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return html.escape(cut, quote=False)
