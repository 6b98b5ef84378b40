"""The first words with Telegram: waiting until it is in reach, and the menu of commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import TypeVar

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramRetryAfter
from aiogram.types import User

from bot.telegram.delivery import TRANSIENT, retry_delay_s
from bot.words import messages
from bot.words.language import DEFAULT_LANGUAGE, Catalogs

MOST_BACKOFF_S = 30
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


async def reach(call: Callable[[], Awaitable[Result]]) -> Result:
    """The result of `call`, as soon as Telegram is in reach; raises what it refuses."""
    for attempt in count(1):
        try:
            return await call()
        except (TelegramRetryAfter, *TRANSIENT) as error:
            logger.warning("Telegram is out of reach: %s", type(error).__name__)
            await asyncio.sleep(retry_delay_s(error, attempt, most_s=MOST_BACKOFF_S))
    raise AssertionError("unreachable")


async def register_commands(bot: Bot, catalogs: Catalogs) -> None:
    """The menu in each language. A bot without its menu works, so a failure is only logged."""
    for language in messages.LANGUAGES:
        code = None if language == DEFAULT_LANGUAGE else language
        try:
            with catalogs.speaking(language):
                words = messages.commands()
            await reach(partial(bot.set_my_commands, words, language_code=code))
        except AiogramError as error:
            logger.warning("no menu in %s: %s", language, type(error).__name__)


def explain_privacy(me: User) -> None:
    """Say what of groups the bot will not see, which is set at Telegram and nowhere here."""
    if not me.can_read_all_group_messages:
        logger.info(
            "@%s has privacy mode on: in groups it sees commands such as /rate@%s and replies to "
            "itself, but no photo that only mentions it, except where it is an admin; "
            "/setprivacy of @BotFather changes that",
            me.username,
            me.username,
        )
