"""The bot that the emulator is tried with, as somebody would write it with aiogram 3.

    aiogram_bot.py --api http://127.0.0.1:8081 --token 1:A [--webhook [--answering]]

It is driven by tests/integration/clients, and does and says the same as telegram_bot.py.
"""

import argparse
import json
import socket

from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramAPIError, TelegramMigrateToChat, TelegramRetryAfter
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.methods import SendMessage
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

SECRET = "only-the_server-Knows"
STYLED = 'Straße 🧵 <b>bold <i>and leaning</i></b> <a href="https://new-salon.de/?lead=7">link</a> <code>1 &lt; 2</code>'

MARKED = r"Done\. *bold ~and struck~* [link](https://new-salon.de/?lead=7) `1 < 2`"

router = Router()


@router.message(CommandStart(deep_link=True))
async def start_with_payload(message: Message, command: CommandObject) -> None:
    await message.answer(f"Welcome, {message.from_user.full_name}: {command.args}")


@router.message(CommandStart())
async def start(message: Message) -> None:
    await message.answer(f"Welcome, {message.from_user.full_name}")


@router.message(Command("styles"))
async def styles(message: Message) -> None:
    sent = await message.answer(STYLED, parse_mode=ParseMode.HTML)
    # What the library makes of the entities that the server found.
    await message.answer(sent.html_text)


@router.message(Command("markdown"))
async def markdown(message: Message) -> None:
    sent = await message.answer(MARKED, parse_mode=ParseMode.MARKDOWN_V2)
    await message.answer(sent.md_text)


@router.message(Command("card"))
async def card(message: Message) -> None:
    take = InlineKeyboardButton(text="✅ Take", callback_data="take:7")
    site = InlineKeyboardButton(text="Site", url="https://new-salon.de/")
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[take], [site]])
    await message.answer("Lead 7: new", reply_markup=keyboard)


@router.callback_query(F.data.startswith("take:"))
async def take(query: CallbackQuery) -> None:
    number = query.data.removeprefix("take:")
    await query.message.edit_text(f"Lead {number}: taken by {query.from_user.full_name}")
    await query.answer("It is yours", show_alert=True)


@router.message(Command("phone"))
async def phone(message: Message) -> None:
    button = KeyboardButton(text="Share my number", request_contact=True)
    keyboard = ReplyKeyboardMarkup(keyboard=[[button]], resize_keyboard=True)
    await message.answer("Your number?", reply_markup=keyboard)


@router.message(F.contact)
async def contact(message: Message) -> None:
    await message.answer(f"Noted: {message.contact.phone_number}", reply_markup=ReplyKeyboardRemove())


@router.message(F.photo)
async def photo(message: Message, bot: Bot) -> None:
    content = await bot.download(message.photo[-1])
    upload = BufferedInputFile(content.read(), filename="back.png")
    await message.answer_photo(upload, caption=f"{message.photo[-1].width} wide, {message.caption}")


@router.message(F.document)
async def document(message: Message, bot: Bot) -> None:
    content = await bot.download(message.document)
    upload = BufferedInputFile(content.read(), filename=f"back-{message.document.file_name}")
    await message.answer_document(upload, caption=f"{message.document.mime_type}, {message.caption}")


@router.message(Command("album"))
async def album(message: Message) -> None:
    files = [BufferedInputFile(f"page {number}".encode(), filename=f"{number}.txt") for number in (1, 2)]
    await message.answer_media_group([InputMediaDocument(media=file, caption=file.filename) for file in files])


@router.message(Command("topic"))
async def topic(message: Message, bot: Bot) -> None:
    opened = await bot.create_forum_topic(message.chat.id, "Leads")
    await bot.send_message(message.chat.id, "Here", message_thread_id=opened.message_thread_id)


@router.message(Command("attempt"))
async def attempt(message: Message, command: CommandObject, bot: Bot) -> None:
    """`/attempt send|long|broken CHAT` and `/attempt edit CHAT MESSAGE TEXT`: says how the call went."""
    what, chat, *rest = command.args.split()
    try:
        match what:
            case "send":
                await bot.send_message(chat, "attempt")
            case "long":
                await bot.send_message(chat, "x" * 4097)
            case "broken":
                await bot.send_message(chat, "<b>not closed", parse_mode=ParseMode.HTML)
            case "edit":
                await bot.edit_message_text(rest[1], chat_id=chat, message_id=int(rest[0]))
        outcome = {"error": None}
    except TelegramRetryAfter as error:
        outcome = {"error": type(error).__name__, "says": error.message, "detail": error.retry_after}
    except TelegramMigrateToChat as error:
        outcome = {"error": type(error).__name__, "says": error.message, "detail": error.migrate_to_chat_id}
    except TelegramAPIError as error:
        outcome = {"error": type(error).__name__, "says": error.message}
    await message.answer(json.dumps(outcome))


@router.message(F.text)
async def echo(message: Message) -> SendMessage:
    # Not called here: the dispatcher calls it, or writes it into the answer to the webhook.
    return message.reply(message.text)


async def prepare(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand(command="card", description="Show a card")])


def serve_webhook(bot: Bot, dispatcher: Dispatcher, answering: bool) -> None:
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}/hook"

    async def register(bot: Bot) -> None:
        await bot.set_webhook(url, secret_token=SECRET, allowed_updates=dispatcher.resolve_used_update_types())

    dispatcher.startup.register(register)
    app = web.Application()
    handler = SimpleRequestHandler(dispatcher, bot, secret_token=SECRET, handle_in_background=not answering)
    handler.register(app, path="/hook")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, sock=door, print=None)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--webhook", action="store_true")
    arguments.add_argument("--answering", action="store_true", help="call methods in the answers to the webhook")
    chosen = arguments.parse_args()

    session = AiohttpSession(api=TelegramAPIServer.from_base(chosen.api))
    bot = Bot(chosen.token, session=session)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    dispatcher.startup.register(prepare)
    if chosen.webhook:
        serve_webhook(bot, dispatcher, chosen.answering)
    else:
        dispatcher.run_polling(bot)


if __name__ == "__main__":
    main()
