"""From an update to its durable record; polling and the webhook both end here."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiogram import Dispatcher
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError
from pydantic import ValidationError

from bot.record.jobs import Photo, RecordError, Rules, Verdict
from bot.shared import Shared
from bot.telegram.bursts import OncePer
from bot.telegram.replies import say
from bot.words import messages

BURST_S = 30
logger = logging.getLogger(__name__)


class Intake:
    """Lets the handlers say what an update is worth, records it, and only then acts on it."""

    def __init__(self, shared: Shared, *, dispatcher: Dispatcher, rules: Rules) -> None:
        self._bot = shared.bot
        self._delivery = shared.delivery
        self._record = shared.record
        self._catalogs = shared.catalogs
        self._metrics = shared.metrics
        self._dispatcher = dispatcher
        self._rules = rules
        self._too_many = OncePer(BURST_S)
        self._replies: set[asyncio.Task[None]] = set()
        self.arrived = asyncio.Event()
        """Set whenever there may be a new job."""

    async def take_in(self, raw: Mapping[str, Any]) -> None:
        """Record the update; when this returns, Telegram may forget it.

        An update that cannot be understood is counted and skipped: it would come again and
        again, and hold up those behind it. Raises only what the record raises.
        """
        worth = await self._worth(raw)
        photo = worth if isinstance(worth, Photo) else None
        verdict = await self._record.take_in(int(raw["update_id"]), photo)
        if verdict is Verdict.NEW and isinstance(worth, TelegramMethod):
            self._reply(worth)
        if photo:
            self._act(photo, verdict)

    async def drain(self) -> None:
        """Wait for the replies that are under way."""
        await asyncio.gather(*self._replies)

    async def _worth(self, raw: Mapping[str, Any]) -> object:
        try:
            update = Update.model_validate(raw, context={"bot": self._bot})
            _ = update.event_type
        except (ValidationError, UpdateTypeLookupError) as error:
            self._skip(type(error).__name__)
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

    def _act(self, photo: Photo, verdict: Verdict) -> None:
        if verdict is Verdict.NEW:
            self._metrics.taken_in.inc()
            self.arrived.set()
        elif verdict is Verdict.TOO_MANY:
            self._metrics.refused.labels("too_many").inc()
            if self._too_many.first(photo.chat_id):
                with self._catalogs.speaking(photo.language):
                    self._reply(say(photo, messages.too_many(self._rules.max_waiting)))

    def _reply(self, method: TelegramMethod[Any]) -> None:
        """Send without holding up the updates behind this one."""
        task = asyncio.create_task(self._send(method))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _send(self, method: TelegramMethod[Any]) -> None:
        try:
            await self._delivery.call(method)
        except AiogramError as error:
            logger.warning("%s: %s", method.__api_method__, type(error).__name__)
