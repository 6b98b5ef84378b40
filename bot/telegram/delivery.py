"""Calls to the Bot API: messages at Telegram's pace, anything again where that helps."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from itertools import count
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import SendDocument, SendMediaGroup, SendMessage, SendPhoto, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.telegram.pacing import Pacer

MESSAGES = (SendMessage, SendPhoto, SendDocument, SendMediaGroup)
TRANSIENT = (TelegramNetworkError, TelegramServerError, ClientDecodeError)
MOST_BACKOFF_S = 10
Send = SendMessage | SendPhoto | SendDocument | SendMediaGroup
Note = Callable[[], Awaitable[None]]
logger = logging.getLogger(__name__)


class Delivery:
    """Repeats what failed for a passing reason, for at most `patience_s` of waiting a call.

    A message that is noted holds its turn until then: the pacer bounds how many of these are under
    way, those of which nobody knows, when the bot is killed, whether they were sent.
    """

    def __init__(self, bot: Bot, pacer: Pacer, *, patience_s: float = 30) -> None:
        self._bot = bot
        self._pacer = pacer
        self._patience_s = patience_s

    async def call(
        self, method: TelegramMethod[TelegramType], *, noted: Note | None = None
    ) -> TelegramType:
        """The method's result; `noted` writes down that it was sent. Raises AiogramError."""
        waited_s = 0.0
        for attempt in count(1):
            try:
                return await self._try(method, noted)
            except TelegramMigrateToChat as error:
                method = _moved(method, error.migrate_to_chat_id)
            except (TelegramRetryAfter, *TRANSIENT) as error:
                delay_s = retry_delay_s(error, attempt, most_s=MOST_BACKOFF_S)
                waited_s += delay_s
                if isinstance(error, TelegramEntityTooLarge) or waited_s > self._patience_s:
                    raise
                name = type(error).__name__
                logger.warning("%s: %s, again in %.1f s", method.__api_method__, name, delay_s)
                await asyncio.sleep(delay_s)
        raise AssertionError("unreachable")

    def line(self, chat_id: int) -> AbstractContextManager[None]:
        """Within the body, a message to the chat is being made. Raises ChatBusyError."""
        return self._pacer.line(chat_id)

    async def _try(self, method: TelegramMethod[TelegramType], noted: Note | None) -> TelegramType:
        async with self._turn(method, alone=noted is not None):
            result = await self._bot(method)
            if noted:
                await noted()
            return result

    def _turn(
        self, method: TelegramMethod[Any], *, alone: bool
    ) -> AbstractAsyncContextManager[None]:
        if not isinstance(method, MESSAGES):
            return nullcontext()
        messages = len(method.media) if isinstance(method, SendMediaGroup) else 1
        return self._pacer.turn(int(method.chat_id), messages=messages, alone=alone)


def backoff_s(attempt: int, *, most_s: float) -> float:
    """Seconds to wait after failure number `attempt`: from half a second, doubling up to `most_s`.

    Up to a half less at random, so that many who failed together do not return together.
    """
    full_s: float = min(most_s, 0.5 * 2 ** min(attempt - 1, 20))
    return full_s * random.uniform(0.5, 1)  # noqa: S311 - nothing to guess here


def retry_delay_s(error: Exception, attempt: int, *, most_s: float) -> float:
    """Seconds to wait after `error`: those that Telegram names, otherwise `backoff_s`."""
    if isinstance(error, TelegramRetryAfter):
        return error.retry_after
    return backoff_s(attempt, most_s=most_s)


def _moved(method: TelegramMethod[TelegramType], chat_id: int) -> TelegramMethod[TelegramType]:
    """The same call for the supergroup that the group became; old messages have no id there."""
    return method.model_copy(update={"chat_id": chat_id, "reply_parameters": None})
