"""A word to those whose answer takes long, and the number of those who wait."""

import asyncio
import logging

from aiogram.exceptions import AiogramError

from bot import messages
from bot.bursts import OncePer
from bot.jobs import Photo, RecordError
from bot.replies import say
from bot.shared import Shared

LOOK_EVERY_S = 1
BURST_S = 300
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

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._look()
            except RecordError as error:
                logger.warning("the record: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        overdue = await self._record.overdue(self._after_s)
        waiting = await self._record.waiting()
        self._metrics.waiting.set(waiting)
        for photo in overdue:
            # asked anew: it may be answered while others before it are told
            if photo.chat_id > 0 and await self._record.holds(photo.job_key):
                await self._tell(photo, waiting)

    async def _tell(self, photo: Photo, waiting: int) -> None:
        if not self._once.first(photo.chat_id):
            return
        with self._catalogs.speaking(photo.language):
            words = say(photo, messages.in_queue(waiting))
        try:
            await self._delivery.call(words)
        except AiogramError as error:
            logger.info("no notice: %s", type(error).__name__)
