"""From an update to its durable record; polling and the webhook both end here."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiogram import Dispatcher
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod

from bot.intake.reading import UnreadableError, read_update
from bot.record.jobs import Kind, Photo, RecordError, Rules, Verdict, Words
from bot.shared import Shared
from bot.telegram.bursts import OncePer

BURST_S = 3
LONG_BURST_S = 30
"""For what is said over and over while someone sends a lot."""
MOST_REPLIES = 100
NEWS = {"forgotten", "cancelled"}
"""Said each time: what they tell has happened."""
logger = logging.getLogger(__name__)


class Intake:
    """Lets the handlers say what an update is worth, records it, and only then acts on it."""

    def __init__(
        self,
        shared: Shared,
        *,
        dispatcher: Dispatcher,
        rules: Rules,
        wake: Callable[[Kind], None],
    ) -> None:
        self._bot = shared.bot
        self._delivery = shared.delivery
        self._record = shared.record
        self._metrics = shared.metrics
        self._dispatcher = dispatcher
        self._rules = rules
        self._wake = wake
        self._said = OncePer(BURST_S)
        self._refused = OncePer(LONG_BURST_S)
        self._replies: set[asyncio.Task[None]] = set()

    async def take_in(self, raw: dict[str, Any]) -> None:
        """Record the update; when this returns, Telegram may forget it.

        An update that cannot be understood is counted and skipped: it would come again and
        again, and hold up those behind it. Raises only what the record raises.
        """
        update_id = int(raw["update_id"])
        worth = await self._worth(raw)
        match worth:
            case Photo():
                await self._take_photo(worth)
            case Words():
                await self._take_words(update_id, worth)
            case _:
                verdict = await self._record.take_in(update_id)
                if verdict is Verdict.NEW and isinstance(worth, TelegramMethod):
                    self._reply(worth)

    async def drain(self) -> None:
        """Wait for the replies that are under way."""
        await asyncio.gather(*self._replies)

    async def _worth(self, raw: dict[str, Any]) -> object:
        try:
            update = read_update(raw, self._bot)
        except UnreadableError as error:
            logger.warning("update %s is skipped: %s", raw["update_id"], error)
            self._skip(str(error))
            return None
        try:
            return await self._dispatcher.feed_update(self._bot, update)
        except RecordError:
            raise
        except Exception:  # the edge: one bad update must not stop the others
            logger.exception("update %d: its handler failed", update.update_id)
            self._skip("handler")
            return None

    def _skip(self, reason: str) -> None:
        self._metrics.skipped.labels(reason).inc()

    async def _take_photo(self, photo: Photo) -> None:
        verdict = await self._record.take_in(photo.update_id, photo)
        if verdict is Verdict.NEW and photo.asked:
            logger.info("job %s: photo %d is taken in", photo.job_key, photo.update_id)
            self._metrics.taken_in.inc()
            self._wake(Kind.PHOTOS)
        elif verdict is Verdict.TOO_MANY:
            self._metrics.refused.labels("too_many").inc()
            if self._refused.first(photo.chat_id):
                await self._say_too_many(photo)

    async def _say_too_many(self, photo: Photo) -> None:
        """The update is known by now, so a number that no update has stands for the words."""
        facts = photo.model_dump(include=set(Words.model_fields))
        facts |= {"update_id": -photo.update_id, "topic": "too_many"}
        words = Words(**facts, values=(self._rules.max_waiting,))
        await self._record.take_in(words.update_id, words)
        self._wake(Kind.WORDS)

    async def _take_words(self, update_id: int, words: Words) -> None:
        """A burst of the same question gets one answer."""
        key = (words.chat_id, words.topic)
        is_news = words.topic in NEWS and any(words.values)
        goes_on = self._said.goes_on(key) and not is_news
        await self._record.take_in(update_id, None if goes_on else words)
        self._said.note(key)
        self._wake(Kind.WORDS)

    def _reply(self, method: TelegramMethod[Any]) -> None:
        """Send without holding up the updates behind this one; no more than can be sent soon."""
        if len(self._replies) >= MOST_REPLIES:
            return
        task = asyncio.create_task(self._send(method))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _send(self, method: TelegramMethod[Any]) -> None:
        try:
            await self._delivery.call(method)
        except AiogramError as error:
            logger.warning("%s: %s", method.__api_method__, type(error).__name__)
