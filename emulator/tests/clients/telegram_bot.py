"""The bot that the emulator is tried with, as somebody would write it with python-telegram-bot.

    telegram_bot.py --api http://127.0.0.1:8081 --token 1:A [--webhook]

It is driven by tests/integration/clients, and does and says the same as aiogram_bot.py.
"""

import argparse
import json
import socket

from telegram import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

SECRET = "only-the_server-Knows"
STYLED = 'Straße 🧵 <b>bold <i>and leaning</i></b> <a href="https://new-salon.de/?lead=7">link</a> <code>1 &lt; 2</code>'

MARKED = r"Done\. *bold ~and struck~* [link](https://new-salon.de/?lead=7) `1 < 2`"

Context = ContextTypes.DEFAULT_TYPE


async def start(update: Update, context: Context) -> None:
    payload = "".join(f": {word}" for word in context.args)
    await update.message.reply_text(f"Welcome, {update.effective_user.full_name}{payload}")


async def styles(update: Update, _: Context) -> None:
    sent = await update.message.reply_text(STYLED, parse_mode=ParseMode.HTML)
    # What the library makes of the entities that the server found.
    await update.message.reply_text(sent.text_html)


async def markdown(update: Update, _: Context) -> None:
    sent = await update.message.reply_text(MARKED, parse_mode=ParseMode.MARKDOWN_V2)
    await update.message.reply_text(sent.text_markdown_v2)


async def card(update: Update, _: Context) -> None:
    take = InlineKeyboardButton("✅ Take", callback_data="take:7")
    site = InlineKeyboardButton("Site", url="https://new-salon.de/")
    await update.message.reply_text("Lead 7: new", reply_markup=InlineKeyboardMarkup([[take], [site]]))


async def take(update: Update, _: Context) -> None:
    query = update.callback_query
    number = query.data.removeprefix("take:")
    await query.edit_message_text(f"Lead {number}: taken by {query.from_user.full_name}")
    await query.answer("It is yours", show_alert=True)


async def phone(update: Update, _: Context) -> None:
    button = KeyboardButton("Share my number", request_contact=True)
    keyboard = ReplyKeyboardMarkup([[button]], resize_keyboard=True)
    await update.message.reply_text("Your number?", reply_markup=keyboard)


async def contact(update: Update, _: Context) -> None:
    number = update.message.contact.phone_number
    await update.message.reply_text(f"Noted: {number}", reply_markup=ReplyKeyboardRemove())


async def photo(update: Update, _: Context) -> None:
    largest = update.message.photo[-1]
    content = bytes(await (await largest.get_file()).download_as_bytearray())
    await update.message.reply_photo(
        content, filename="back.png", caption=f"{largest.width} wide, {update.message.caption}"
    )


async def document(update: Update, _: Context) -> None:
    given = update.message.document
    content = bytes(await (await given.get_file()).download_as_bytearray())
    await update.message.reply_document(
        content, filename=f"back-{given.file_name}", caption=f"{given.mime_type}, {update.message.caption}"
    )


async def album(update: Update, _: Context) -> None:
    names = {f"{number}.txt": f"page {number}".encode() for number in (1, 2)}
    pages = [InputMediaDocument(content, filename=name, caption=name) for name, content in names.items()]
    await update.message.reply_media_group(pages)


async def topic(update: Update, context: Context) -> None:
    chat = update.effective_chat.id
    opened = await context.bot.create_forum_topic(chat, "Leads")
    await context.bot.send_message(chat, "Here", message_thread_id=opened.message_thread_id)


async def attempt(update: Update, context: Context) -> None:
    """`/attempt send|long|broken CHAT` and `/attempt edit CHAT MESSAGE TEXT`: says how the call went."""
    what, chat, *rest = context.args
    try:
        match what:
            case "send":
                await context.bot.send_message(chat, "attempt")
            case "long":
                await context.bot.send_message(chat, "x" * 4097)
            case "broken":
                await context.bot.send_message(chat, "<b>not closed", parse_mode=ParseMode.HTML)
            case "edit":
                await context.bot.edit_message_text(rest[1], chat_id=chat, message_id=int(rest[0]))
        outcome = {"error": None}
    except RetryAfter as error:
        outcome = {"error": type(error).__name__, "says": error.message, "detail": error.retry_after}
    except ChatMigrated as error:
        outcome = {"error": type(error).__name__, "says": error.message, "detail": error.new_chat_id}
    except TelegramError as error:
        outcome = {"error": type(error).__name__, "says": error.message}
    await update.message.reply_text(json.dumps(outcome))


async def echo(update: Update, _: Context) -> None:
    await update.message.reply_text(update.message.text, do_quote=True)


async def prepare(application: Application) -> None:
    await application.bot.set_my_commands([BotCommand("card", "Show a card")])


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--webhook", action="store_true")
    chosen = arguments.parse_args()

    application = (
        Application.builder()
        .token(chosen.token)
        .base_url(f"{chosen.api}/bot")
        .base_file_url(f"{chosen.api}/file/bot")
        .post_init(prepare)
        .build()
    )
    application.add_handlers(
        [
            CommandHandler("start", start),
            CommandHandler("styles", styles),
            CommandHandler("markdown", markdown),
            CommandHandler("card", card),
            CommandHandler("phone", phone),
            CommandHandler("album", album),
            CommandHandler("topic", topic),
            CommandHandler("attempt", attempt),
            CallbackQueryHandler(take, pattern="^take:"),
            MessageHandler(filters.CONTACT, contact),
            MessageHandler(filters.PHOTO, photo),
            MessageHandler(filters.Document.ALL, document),
            MessageHandler(filters.TEXT, echo),
        ]
    )
    if chosen.webhook:
        door = socket.create_server(("127.0.0.1", 0))
        # Served by the event loop, which must never wait for it.
        door.setblocking(False)
        url = f"http://127.0.0.1:{door.getsockname()[1]}/hook"
        application.run_webhook(unix=door, url_path="hook", webhook_url=url, secret_token=SECRET)
    else:
        application.run_polling()


if __name__ == "__main__":
    main()
