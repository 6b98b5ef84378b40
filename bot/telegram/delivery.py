"""Calls to the Bot API: messages at Telegram's pace, anything again where that helps."""

import asyncio
import logging
import random
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import count
from typing import Any, Protocol

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import SendDocument, SendMediaGroup, SendMessage, SendPhoto, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.telegram.pacing import ChatBusyError, Pacer

MESSAGES = (SendMessage, SendPhoto, SendDocument, SendMediaGroup)
TRANSIENT = (TelegramNetworkError, TelegramServerError, ClientDecodeError)
MOST_BACKOFF_S = 10
PATIENCE_S = 30
MOST_REST_S = 5
"""A 429 that asks for longer is waited for in the record, not here."""
logger = logging.getLogger(__name__)


class UnwantedError(Exception):
    """There is nobody to answer any more: the message was not sent."""


class Note(Protocol):
    """Writes down what becomes of a message, so that a crash or /forget finds the truth."""

    async def begins(self) -> bool:
        """It is sent now, unless this is False."""

    async def failed(self) -> None:
        """It was not sent, and may be tried again."""

    async def succeeded(self) -> None:
        """It was sent."""


class Delivery:
    """Repeats what failed for a passing reason, for at most `patience_s` of waiting a call."""

    def __init__(self, bot: Bot, pacer: Pacer, *, patience_s: float = PATIENCE_S) -> None:
        self._bot = bot
        self._pacer = pacer
        self._patience_s = patience_s
        self._rests: dict[tuple[str, object], float] = {}

    async def call(
        self, method: TelegramMethod[TelegramType], *, note: Note | None = None
    ) -> TelegramType:
        """The method's result. Raises AiogramError, and UnwantedError where `note` says so."""
        waited_s = 0.0
        for attempt in count(1):
            try:
                return await self._try(method, note)
            except TelegramMigrateToChat as error:
                method = _moved(method, error.migrate_to_chat_id)
            except (TelegramRetryAfter, *TRANSIENT) as error:
                delay_s = retry_delay_s(error, attempt, most_s=MOST_BACKOFF_S)
                waited_s += delay_s
                too_long = isinstance(error, TelegramRetryAfter) and delay_s > MOST_REST_S
                too_large = isinstance(error, TelegramEntityTooLarge)
                if too_long or too_large or waited_s > self._patience_s:
                    raise
                name = type(error).__name__
                logger.warning("%s: %s, again in %.1f s", method.__api_method__, name, delay_s)
                await asyncio.sleep(delay_s)
        raise AssertionError("unreachable")

    async def try_once(self, method: TelegramMethod[Any]) -> bool:
        """Whether an ornament was sent: it is left out where Telegram wants to be left alone."""
        try:
            if self._rest_s(method):
                return False
            await self._bot(method)
        except AiogramError as error:
            self._remember_rest(method, error)
            logger.debug("%s: %s", method.__api_method__, type(error).__name__)
            return False
        return True

    def check_free(self, chat_id: int) -> None:
        """Raises ChatBusyError where a message to the chat would have to wait long."""
        self._pacer.check_free(chat_id)

    async def _try(self, method: TelegramMethod[TelegramType], note: Note | None) -> TelegramType:
        async with self._turn(method):
            await self._rest(method)
            if note and not await note.begins():
                raise UnwantedError
            try:
                result = await self._bot(method)
            except AiogramError as error:
                self._remember_rest(method, error)
                if note:
                    await note.failed()
                raise
            if note:
                await note.succeeded()
            return result

    async def _rest(self, method: TelegramMethod[Any]) -> None:
        if (rest_s := self._rest_s(method)) > MOST_REST_S:
            raise ChatBusyError(rest_s)
        await asyncio.sleep(rest_s)

    def _rest_s(self, method: TelegramMethod[Any]) -> float:
        return max(0.0, self._rests.get(_flow(method), 0) - time.monotonic())

    def _remember_rest(self, method: TelegramMethod[Any], error: AiogramError) -> None:
        """Every method obeys its own 429; chats' messages do so in the pacer."""
        if isinstance(error, TelegramRetryAfter) and not isinstance(method, MESSAGES):
            now = time.monotonic()
            self._rests = {flow: until for flow, until in self._rests.items() if until > now}
            self._rests[_flow(method)] = now + error.retry_after

    def _turn(self, method: TelegramMethod[Any]) -> AbstractAsyncContextManager[None]:
        if not isinstance(method, MESSAGES):
            return nullcontext()
        messages = len(method.media) if isinstance(method, SendMediaGroup) else 1
        return self._pacer.turn(int(method.chat_id), messages=messages)


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


def _flow(method: TelegramMethod[Any]) -> tuple[str, object]:
    """What Telegram counts together."""
    return method.__api_method__, getattr(method, "chat_id", None)


def _moved(method: TelegramMethod[TelegramType], chat_id: int) -> TelegramMethod[TelegramType]:
    """The same call for the supergroup that the group became; old messages have no id there."""
    return method.model_copy(update={"chat_id": chat_id, "reply_parameters": None})
