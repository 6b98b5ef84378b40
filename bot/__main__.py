"""`python -m bot`: puts the parts together and runs them until told to stop."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial

import httpx
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.types import User
from aiohttp import web
from pydantic import ValidationError

from bot.answers.answering import Answering
from bot.answers.queue_notices import QueueNotices
from bot.answers.worker import Worker
from bot.inference.circuit import Circuit
from bot.inference.client import InferenceClient
from bot.intake.handlers import create_routers
from bot.intake.polling import poll
from bot.intake.updates import Intake
from bot.intake.web import add_webhook, create_app, serving
from bot.logs import set_up_logging
from bot.metrics import Metrics
from bot.record.jobs import Record, RecordError, Rules
from bot.record.redis import RedisRecord
from bot.record.sqlite import SqliteRecord
from bot.running import Running, Source, unless
from bot.settings import Settings
from bot.shared import Shared
from bot.telegram.delivery import Delivery
from bot.telegram.greeting import reach, register_commands
from bot.telegram.pacing import Pacer
from bot.words.language import Catalogs, LanguageMiddleware

EXIT_CONFIGURATION = 2
ALLOWED_UPDATES = ["message", "callback_query"]


def main() -> int:
    """Run the bot; returns the exit status."""
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = "_".join(["BOT", *map(str, problem["loc"][:1])]).upper()
            print(f"{name}: {problem['msg']}", file=sys.stderr)
        return EXIT_CONFIGURATION
    set_up_logging(settings.log_level, secrets=settings.secrets())
    try:
        asyncio.run(serve_until_signalled(settings))
    except (TelegramUnauthorizedError, TelegramNotFound):
        print("BOT_TOKEN: Telegram does not accept this token", file=sys.stderr)
        return EXIT_CONFIGURATION
    except TelegramBadRequest as error:
        print(f"BOT_WEBHOOK_URL: Telegram refuses: {error.message}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except RecordError as error:
        print(f"The record of waiting photos cannot be opened: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except OSError as error:
        print(f"BOT_HOST, BOT_PORT: {error.strerror}", file=sys.stderr)
        return EXIT_CONFIGURATION
    return 0


async def serve_until_signalled(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, stop)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Everything between the settings and the end."""
    async with AsyncExitStack() as stack:
        if running := await unless(stop, start(settings, stack)):
            await running.until(stop)


async def start(settings: Settings, stack: AsyncExitStack) -> Running:
    """Put the parts together, as soon as Telegram is in reach; `stack` takes them apart."""
    rules = Rules(max_waiting=settings.max_waiting_per_user, settle_s=settings.album_settle_s)
    record = await open_record(settings, rules)
    stack.push_async_callback(record.close)
    bot = create_bot(settings)
    stack.push_async_callback(bot.session.close)
    shared = Shared(bot, create_delivery(settings, bot), record, Catalogs(), Metrics())
    http = await stack.enter_async_context(create_http(settings))
    dispatcher = create_dispatcher(settings, shared, me=await reach(bot.me))
    intake = Intake(shared, dispatcher=dispatcher, rules=rules)
    app = create_app(shared.metrics)
    source = await open_source(settings, bot, intake, app=app)
    await stack.enter_async_context(serving(app, host=settings.host, port=settings.port))
    await register_commands(bot, shared.catalogs)
    return Running(
        intake=intake,
        worker=create_worker(settings, shared, http),
        notices=QueueNotices(shared, after_s=settings.notice_after_s),
        source=source,
        concurrency=settings.concurrency,
        drain_s=settings.drain_s,
    )


async def open_record(settings: Settings, rules: Rules) -> Record:
    """Redis where it is set, otherwise a file; each bot has its own."""
    if settings.redis_url:
        prefix = f"photo-appeal:{settings.bot_id}:"
        return await RedisRecord.open(str(settings.redis_url), prefix=prefix, rules=rules)
    return SqliteRecord(settings.data_dir / f"record-{settings.bot_id}.sqlite3", rules=rules)


def create_bot(settings: Settings) -> Bot:
    """The Bot API client."""
    api = TelegramAPIServer.from_base(str(settings.api_server), is_local=settings.api_local)
    return Bot(settings.token.get_secret_value(), session=AiohttpSession(api=api))


def create_delivery(settings: Settings, bot: Bot) -> Delivery:
    """What sends through the client, paced and patient."""
    pacer = Pacer(messages_per_s=settings.messages_per_s, at_once=settings.sends_at_once)
    return Delivery(bot, pacer)


def create_http(settings: Settings) -> httpx.AsyncClient:
    """The HTTP client for the inference service."""
    key = settings.service_key
    return httpx.AsyncClient(
        base_url=str(settings.service_url),
        headers={"Authorization": f"Bearer {key.get_secret_value()}"} if key else {},
        timeout=settings.service_timeout_s,
        trust_env=False,  # the service is a neighbor: no proxy between
    )


def create_dispatcher(settings: Settings, shared: Shared, *, me: User) -> Dispatcher:
    """The handlers, and what they ask for by name."""
    dispatcher = Dispatcher(
        disable_fsm=True, me=me, record=shared.record, max_file_bytes=settings.max_file_bytes
    )
    LanguageMiddleware(shared.catalogs, shared.record).setup(dispatcher)
    dispatcher.include_routers(*create_routers())
    return dispatcher


async def open_source(
    settings: Settings, bot: Bot, intake: Intake, *, app: web.Application
) -> Source | None:
    """Tell Telegram how updates come. What waits there is kept in either case."""
    if settings.webhook_url and settings.webhook_secret:
        secret = settings.webhook_secret.get_secret_value()
        add_webhook(app, intake, path=settings.webhook_url.path or "/", secret=secret)
        url = str(settings.webhook_url)
        await reach(
            partial(bot.set_webhook, url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        )
        return None
    await reach(bot.delete_webhook)
    return partial(poll, bot, intake, allowed_updates=ALLOWED_UPDATES)


def create_worker(settings: Settings, shared: Shared, http: httpx.AsyncClient) -> Worker:
    """The worker with its client of the service."""
    inference = InferenceClient(http, circuit=Circuit(), timeout_s=settings.service_timeout_s)
    answering = Answering(shared, inference)
    return Worker(shared, answering=answering, give_up_after_s=settings.give_up_after_s)


if __name__ == "__main__":
    sys.exit(main())
