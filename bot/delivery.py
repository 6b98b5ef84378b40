"""Calls to the Bot API at a pace that Telegram allows, repeated where repeating helps.

Telegram's limits: 30 messages a second overall, one a second in a chat, 20 a minute in a group;
a media group counts as many messages as it has parts.
"""

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import (
    GetUpdates,
    Response,
    SendChatAction,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType

CHAT_INTERVAL_S = 1.1  # a little over the limit: the network does not keep distances exactly
GROUP_INTERVAL_S = 3.1
ONCE = (GetUpdates, SendChatAction)
PACED = (SendMessage, SendPhoto, SendDocument, SendMediaGroup)
TRANSIENT = (TelegramNetworkError, TelegramServerError, ClientDecodeError)
Send = SendMessage | SendPhoto | SendDocument | SendMediaGroup
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Chat:
    """One message at a time, the next one not before `free_at`."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


class Pacer:
    """Makes each message wait for its chat's turn and for its place among all messages."""

    def __init__(
        self, *, messages_per_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_s = 1 / messages_per_s
        self._clock = clock
        self._free_at = 0.0
        self._chats: defaultdict[int, _Chat] = defaultdict(_Chat)

    @asynccontextmanager
    async def turn(self, chat_id: int, *, messages: int = 1) -> AsyncIterator[None]:
        """Holds the chat while the body sends `messages` messages to it."""
        self._drop_idle_chats()
        chat = self._chats[chat_id]
        async with chat.turn:
            await self._sleep_until(chat.free_at)
            await self._sleep_until(self._place(messages))
            rest_s = _rest_s(chat_id, messages)
            try:
                yield
            except TelegramRetryAfter as error:
                rest_s = error.retry_after
                raise
            finally:
                chat.free_at = self._clock() + rest_s

    def _place(self, messages: int) -> float:
        start = max(self._free_at, self._clock())
        self._free_at = start + messages * self._interval_s
        return start

    async def _sleep_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self._clock()))

    def _drop_idle_chats(self) -> None:
        now = self._clock()
        idle = [
            chat_id
            for chat_id, chat in self._chats.items()
            if chat.free_at < now and not chat.turn.locked()
        ]
        for chat_id in idle:
            del self._chats[chat_id]


def _rest_s(chat_id: int, messages: int) -> float:
    is_group = chat_id < 0
    return messages * GROUP_INTERVAL_S if is_group else CHAT_INTERVAL_S


class PatientRequests(BaseRequestMiddleware):
    """Repeats what failed for a passing reason, for at most `patience_s` of waiting a call.

    getUpdates is left alone: its caller has a loop already. So are chat actions: late, they are
    worth nothing.
    """

    def __init__(self, pacer: Pacer, *, patience_s: float = 30) -> None:
        self._pacer = pacer
        self._patience_s = patience_s

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Raises what the last try raised."""
        once: bool = isinstance(method, ONCE)
        if once:
            return await make_request(bot, method)
        waited_s = 0.0
        for attempt in count(1):
            try:
                return await self._send(make_request, bot, method)
            except TelegramMigrateToChat as error:
                method = _moved(method, error.migrate_to_chat_id)
            except (TelegramRetryAfter, *TRANSIENT) as error:
                delay_s = _delay_s(error, attempt=attempt)
                waited_s += delay_s
                if isinstance(error, TelegramEntityTooLarge) or waited_s > self._patience_s:
                    raise
                name = type(error).__name__
                logger.warning("%s: %s, again in %.1f s", method.__api_method__, name, delay_s)
                await asyncio.sleep(delay_s)
        raise AssertionError("unreachable")

    async def _send(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        async with self._turn(method):
            return await make_request(bot, method)

    def _turn(self, method: TelegramMethod[Any]) -> AbstractAsyncContextManager[None]:
        if not isinstance(method, PACED):
            return nullcontext()
        messages = len(method.media) if isinstance(method, SendMediaGroup) else 1
        return self._pacer.turn(int(method.chat_id), messages=messages)


def backoff_s(attempt: int, *, most_s: float) -> float:
    """Seconds to wait after failure number `attempt`: from half a second, doubling up to `most_s`.

    Up to a half less at random, so that many who failed together do not return together.
    """
    full_s: float = min(most_s, 0.5 * 2 ** min(attempt - 1, 20))
    return full_s * random.uniform(0.5, 1)  # noqa: S311 - nothing to guess here


def _delay_s(error: Exception, *, attempt: int) -> float:
    if isinstance(error, TelegramRetryAfter):
        return error.retry_after
    return backoff_s(attempt, most_s=10)


def _moved(method: TelegramMethod[TelegramType], chat_id: int) -> TelegramMethod[TelegramType]:
    """The same call for the supergroup that the group became; old messages have no id there."""
    return method.model_copy(update={"chat_id": chat_id, "reply_parameters": None})
