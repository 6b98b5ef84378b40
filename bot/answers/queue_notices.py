"""A word to those whose answer takes long, and the number of those who wait."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable

from aiogram.exceptions import AiogramError
from aiogram.methods import SendMessage

from bot.inference.client import InferenceClient
from bot.record.clock import steady_time
from bot.record.jobs import Photo, RecordError
from bot.shared import Shared
from bot.telegram.bursts import OncePer
from bot.telegram.replies import say
from bot.words import messages

LOOK_EVERY_S = 1
BURST_S = 300
TOLD_AT_ONCE = 10  # so that answers find their place between
LOOK_BACK_S = 60
LEAST_ANSWERS = 5
logger = logging.getLogger(__name__)


class Pace:
    """How fast the service answers, by its answers of the last minute."""

    def __init__(self, *, clock: Callable[[], float] = steady_time) -> None:
        self._clock = clock
        self._counts: deque[tuple[float, int]] = deque()

    def note(self, answered: int) -> None:
        """`answered` is the number of all answers up to now."""
        now = self._clock()
        self._counts.append((now, answered))
        while self._counts[0][0] < now - LOOK_BACK_S:
            self._counts.popleft()

    def minutes(self, n_waiting: int) -> int:
        """Until so many are answered, rounded up; 0 where too few were to tell."""
        (started, first), (ended, last) = self._counts[0], self._counts[-1]
        if last - first < LEAST_ANSWERS or ended <= started:
            return 0
        return math.ceil(n_waiting * (ended - started) / (last - first) / 60)


class QueueNotices:
    """Tells each private chat once for a while; groups have few messages to spare."""

    def __init__(self, shared: Shared, inference: InferenceClient, *, after_s: float) -> None:
        self._delivery = shared.delivery
        self._record = shared.record
        self._catalogs = shared.catalogs
        self._metrics = shared.metrics
        self._inference = inference
        self._after_s = after_s
        self._pace = Pace()
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
        self._metrics.damaged.set(self._record.damaged)
        self._pace.note(self._inference.answered)
        for photo in overdue:
            if photo.chat_id > 0:
                telling.create_task(self._tell(photo, waiting))

    async def _tell(self, photo: Photo, waiting: int) -> None:
        try:
            async with self._places:
                # asked anew: it may be answered while others before it are told
                if await self._record.holds(photo.job_key) and self._once.first(photo.chat_id):
                    await self._delivery.call(self._words(photo, waiting))
        except (AiogramError, RecordError) as error:
            logger.info("no notice: %s", type(error).__name__)

    def _words(self, photo: Photo, waiting: int) -> SendMessage:
        with self._catalogs.speaking(photo.language):
            if self._inference.is_resting:
                return say(photo, messages.out_of_order())
            return say(photo, messages.in_queue(self._pace.minutes(waiting)))
