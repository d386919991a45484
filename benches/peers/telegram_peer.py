"""The survey with python-telegram-bot: no persistence, updates side by side, and as many connections as there is work.

    telegram_peer.py --port 9000 --api http://127.0.0.1:8081 --token 1:A

`--redis` is taken and not used: the library brings no storage in Redis.
"""

import argparse
import asyncio

import uvloop
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

SECRET = "a-secret_of-this-run"
QUESTIONS = ("1/3 What is your business called?", "2/3 Which city is it in?", "3/3 Which number may we print?")


async def ask(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    step = context.chat_data.get("step", 0)
    context.chat_data["step"] = (step + 1) % len(QUESTIONS)
    await update.message.reply_text(QUESTIONS[step])


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--redis")
    chosen = arguments.parse_args()

    asyncio.set_event_loop(uvloop.new_event_loop())
    application = (
        Application.builder()
        .token(chosen.token)
        .base_url(f"{chosen.api}/bot")
        .base_file_url(f"{chosen.api}/file/bot")
        # One at a time, 256 connections and a second to wait for one would be limits.
        .concurrent_updates(2000)
        .connection_pool_size(2000)
        .pool_timeout(60)
        .build()
    )
    application.add_handler(MessageHandler(filters.TEXT, ask))
    application.run_webhook(
        listen="127.0.0.1",
        port=chosen.port,
        url_path="hook",
        webhook_url=f"http://127.0.0.1:{chosen.port}/hook",
        secret_token=SECRET,
    )


if __name__ == "__main__":
    main()
