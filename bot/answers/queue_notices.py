"""A word to those whose answer takes long, and the number of those who wait."""

import asyncio
import logging

from aiogram.exceptions import AiogramError

from bot.record.jobs import Photo, RecordError
from bot.shared import Shared
from bot.telegram.bursts import OncePer
from bot.telegram.replies import say
from bot.words import messages

LOOK_EVERY_S = 1
BURST_S = 300
TOLD_AT_ONCE = 10  # so that answers find their place between
logger = logging.getLogger(__name__)


class QueueNotices:
    """Tells each private chat once for a while; groups have few messages to spare."""

    def __init__(self, shared: Shared, *, after_s: float) -> None:
        self._delivery = shared.delivery
        self._record = shared.record
        self._catalogs = shared.catalogs
        self._metrics = shared.metrics
        self._after_s = after_s
        self._once = OncePer(BURST_S)
        self._places = asyncio.Semaphore(TOLD_AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as telling:
            while True:
                try:
                    await self._look(telling)
                except RecordError as error:
                    logger.warning("the record: %s", error)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, telling: asyncio.TaskGroup) -> None:
        overdue = await self._record.overdue(self._after_s)
        waiting = await self._record.waiting()
        self._metrics.waiting.set(waiting)
        for photo in overdue:
            if photo.chat_id > 0:
                telling.create_task(self._tell(photo, waiting))

    async def _tell(self, photo: Photo, waiting: int) -> None:
        with self._catalogs.speaking(photo.language):
            words = say(photo, messages.in_queue(waiting))
        try:
            async with self._places:
                # asked anew: it may be answered while others before it are told
                if await self._record.holds(photo.job_key) and self._once.first(photo.chat_id):
                    await self._delivery.call(words)
        except (AiogramError, RecordError) as error:
            logger.info("no notice: %s", type(error).__name__)
