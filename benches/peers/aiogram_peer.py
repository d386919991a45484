"""The survey with aiogram 3, its state in Redis: uvloop, and as many connections as there is work.

    aiogram_peer.py --port 9000 --api http://127.0.0.1:8081 --token 1:A --redis redis://127.0.0.1:6379/0
"""

import argparse

import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

SECRET = "a-secret_of-this-run"

router = Router()


class Survey(StatesGroup):
    """Which answer is awaited."""

    name = State()
    city = State()
    phone = State()


@router.message(Survey.name, F.text)
async def name_given(message: Message, state: FSMContext) -> None:
    await state.set_state(Survey.city)
    await message.answer("2/3 Which city is it in?")


@router.message(Survey.city, F.text)
async def city_given(message: Message, state: FSMContext) -> None:
    await state.set_state(Survey.phone)
    await message.answer("3/3 Which number may we print?")


@router.message(F.text)
async def begin(message: Message, state: FSMContext) -> None:
    await state.set_state(Survey.name)
    await message.answer("1/3 What is your business called?")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--api", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--redis", required=True)
    chosen = arguments.parse_args()

    # The default of 100 connections would be a limit.
    session = AiohttpSession(api=TelegramAPIServer.from_base(chosen.api), limit=2000)
    bot = Bot(chosen.token, session=session)
    dispatcher = Dispatcher(storage=RedisStorage.from_url(chosen.redis))
    dispatcher.include_router(router)

    async def register(bot: Bot) -> None:
        await bot.set_webhook(f"http://127.0.0.1:{chosen.port}/hook", secret_token=SECRET)

    dispatcher.startup.register(register)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=SECRET).register(app, path="/hook")
    setup_application(app, dispatcher, bot=bot)
    loop = uvloop.new_event_loop()
    web.run_app(app, host="127.0.0.1", port=chosen.port, print=None, access_log=None, loop=loop)


if __name__ == "__main__":
    main()
