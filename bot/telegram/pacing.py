"""When a message may go out, by Telegram's limits.

30 messages a second overall, one a second in a chat, 20 a minute in a group; a media group counts
as many messages as it has parts.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiogram.exceptions import AiogramError, TelegramRetryAfter

CHAT_INTERVAL_S = 1.1  # a little over the limit: the network does not keep distances exactly
GROUP_INTERVAL_S = 3.1
LONG_REST_S = 5


class ChatBusyError(AiogramError):
    """The chat takes no more for now; come back in `wait_s` seconds instead of waiting here."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"the chat is busy for {wait_s:.0f} s")


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
        self._pace = asyncio.Lock()
        self._free_at = 0.0
        self._chats: defaultdict[int, _Chat] = defaultdict(_Chat)

    def check_free(self, chat_id: int) -> None:
        """Raises ChatBusyError where a message to the chat would have to wait long."""
        if chat_id in self._chats:
            self._check_rest(self._chats[chat_id])

    @asynccontextmanager
    async def turn(self, chat_id: int, *, messages: int = 1) -> AsyncIterator[None]:
        """Holds the chat while the body sends `messages` messages to it; other chats go on.

        Raises ChatBusyError where Telegram wants the chat left alone for long.
        """
        self._drop_idle_chats()
        chat = self._chats[chat_id]
        async with chat.turn:
            self._check_rest(chat)
            await self._sleep_until(chat.free_at)
            rest_s = _rest_s(chat_id, 1)
            try:
                await self._keep_pace(messages)
                yield
                rest_s = _rest_s(chat_id, messages)
            except TelegramRetryAfter as error:
                rest_s = error.retry_after
                raise
            finally:
                chat.free_at = self._clock() + rest_s

    def _check_rest(self, chat: _Chat) -> None:
        rest_s = chat.free_at - self._clock()
        if rest_s > LONG_REST_S:
            raise ChatBusyError(rest_s)

    async def _keep_pace(self, messages: int) -> None:
        async with self._pace:  # one after the other, so that a stall bunches nobody
            await self._sleep_until(self._free_at)
            self._free_at = self._clock() + messages * self._interval_s

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
