"""`python -m bot`: puts the parts together and runs them until told to stop."""

import asyncio
import logging
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
from aiogram.methods import SetWebhook
from aiogram.types import User
from aiohttp import web
from pydantic import ValidationError

from bot.answers.answering import Answering, PhotoAnswering, WordsAnswering
from bot.answers.labels import learn_labels
from bot.answers.looking import Looking
from bot.answers.queue_notices import QueueNotices
from bot.answers.worker import Bounds, Worker
from bot.inference.circuit import Circuit
from bot.inference.client import InferenceClient
from bot.intake.handlers import create_routers
from bot.intake.polling import poll
from bot.intake.updates import Intake
from bot.intake.web import Webhook, create_app, serving
from bot.logs import set_up_logging
from bot.metrics import Metrics
from bot.record.jobs import Kind, Record, RecordError, Rules
from bot.record.redis import RedisRecord
from bot.record.sqlite import SqliteRecord
from bot.running import Running, Source, unless
from bot.settings import Settings
from bot.shared import Shared
from bot.telegram.delivery import Delivery
from bot.telegram.greeting import explain_privacy, reach, register_commands
from bot.telegram.pacing import Pacer
from bot.words.language import Catalogs, LanguageMiddleware

EXIT_CONFIGURATION = 2
ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]
logger = logging.getLogger(__name__)


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
        print(explain_refusal(error), file=sys.stderr)
        return EXIT_CONFIGURATION
    except RecordError as error:
        print(f"The record of waiting photos cannot be opened: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except OSError as error:
        print(f"BOT_HOST, BOT_PORT: {error.strerror}", file=sys.stderr)
        return EXIT_CONFIGURATION
    return 0


def explain_refusal(error: TelegramBadRequest) -> str:
    """Which setting Telegram does not like."""
    if "logged out" in error.message.lower():
        return (
            "BOT_TOKEN: this bot was logged out of this Bot API server; set BOT_API_SERVER to the "
            "one that it was moved to, or wait ten minutes after /logOut"
        )
    setting = "BOT_WEBHOOK_URL" if isinstance(error.method, SetWebhook) else "BOT_API_SERVER"
    return f"{setting}: Telegram refuses: {error.message}"


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
    delivery = Delivery(bot, Pacer(messages_per_s=settings.messages_per_s))
    shared = Shared(bot, delivery, record, Catalogs(), Metrics())
    app = create_app(shared.metrics, shared.health)
    webhook = create_webhook(settings, app)
    await stack.enter_async_context(serving(app, host=settings.host, port=settings.port))
    me = await reach(bot.me)
    shared.facts.username = me.username or ""
    http = await stack.enter_async_context(create_http(settings))
    inference = InferenceClient(http, circuit=Circuit(), timeout_s=settings.service_timeout_s)
    workers = create_workers(settings, shared, inference)
    intake = Intake(
        shared,
        dispatcher=create_dispatcher(settings, shared, me=me),
        rules=rules,
        wake=lambda kind: workers[kind].wake(),
    )
    source = await open_source(settings, shared, intake, webhook=webhook)
    shared.health.is_well("telegram")
    explain_privacy(me)
    logger.info("@%s works, by %s", me.username, "webhook" if webhook else "polling")
    return Running(
        intake=intake,
        workers=list(workers.values()),
        notices=QueueNotices(shared, inference, after_s=settings.notice_after_s),
        source=source,
        ornaments=partial(add_ornaments, shared, inference),
        drain_s=settings.drain_s,
    )


async def open_record(settings: Settings, rules: Rules) -> Record:
    """Redis where it is set, otherwise a file; each bot has its own."""
    if settings.redis_url:
        prefix = f"photo-appeal:{{{settings.bot_id}}}:"
        url = str(settings.redis_url)
        record = await RedisRecord.open(url, prefix=prefix, rules=rules)
        await record.take_over(f"photo-appeal:{settings.bot_id}:")
        return record
    return SqliteRecord(settings.data_dir / f"record-{settings.bot_id}.sqlite3", rules=rules)


def create_bot(settings: Settings) -> Bot:
    """The Bot API client."""
    api = TelegramAPIServer.from_base(str(settings.api_server), is_local=settings.api_local)
    return Bot(settings.token.get_secret_value(), session=AiohttpSession(api=api))


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


def create_webhook(settings: Settings, app: web.Application) -> Webhook | None:
    """Where Telegram shall deliver, if it shall; closed until there is an intake."""
    if not (settings.webhook_url and settings.webhook_secret):
        return None
    secret = settings.webhook_secret.get_secret_value()
    return Webhook(app, path=settings.webhook_url.path or "/", secret=secret)


async def open_source(
    settings: Settings, shared: Shared, intake: Intake, *, webhook: Webhook | None
) -> Source | None:
    """Tell Telegram how updates come. What waits there is kept in either case."""
    if webhook and settings.webhook_secret:
        webhook.open(intake)
        await reach(
            partial(
                shared.bot.set_webhook,
                str(settings.webhook_url),
                secret_token=settings.webhook_secret.get_secret_value(),
                allowed_updates=ALLOWED_UPDATES,
            )
        )
        return None
    await reach(shared.bot.delete_webhook)
    return partial(poll, shared, intake, allowed_updates=ALLOWED_UPDATES)


def create_workers(
    settings: Settings, shared: Shared, inference: InferenceClient
) -> dict[Kind, Worker]:
    """One for photos, and one for words, which wait behind no photo of others."""
    looking = Looking(shared, inference, file_patience_s=settings.file_patience_s)
    bounds = Bounds(
        composed_at_once=settings.concurrency,
        sent_at_once=settings.sends_at_once,
        give_up_after_s=settings.give_up_after_s,
    )
    answerings: list[Answering] = [
        PhotoAnswering(shared, looking, inference),
        WordsAnswering(shared),
    ]
    return {each.kind: Worker(shared, answering=each, bounds=bounds) for each in answerings}


async def add_ornaments(shared: Shared, inference: InferenceClient) -> None:
    """What the bot works without: nothing here may stand before the first answer."""
    await asyncio.gather(
        register_commands(shared.bot, shared.catalogs), learn_labels(shared.facts, inference)
    )


if __name__ == "__main__":
    sys.exit(main())
