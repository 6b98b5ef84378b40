"""Takes jobs from the record and sees to it that each ends: answered, given up, or dropped."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from aiogram.exceptions import AiogramError, TelegramUnauthorizedError

from bot.answers.answering import Answering
from bot.answers.downloads import DownloadError
from bot.answers.sending import RefusedError, until_recorded
from bot.inference.errors import InferenceError, InferenceUnavailableError
from bot.record.clock import steady_time
from bot.record.jobs import REMEMBER_S, Job, RecordError
from bot.shared import Shared
from bot.telegram.delivery import UnwantedError, retry_delay_s
from bot.telegram.pacing import ChatBusyError

IDLE_S = 0.5
MOST_BACKOFF_S = 30
MOST_PAUSE_S = 5
MOST_SERVICE_BACKOFF_S = 5
"""After the service has recovered, nobody waits longer than this."""
PASSING = (InferenceError, DownloadError, AiogramError, RecordError)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many jobs are in hand.

    composed_at_once: answers being made. sent_at_once: being sent, each to another chat, so that a
    slow one holds up none that is being made. give_up_after_s: how old a job may become.
    """

    composed_at_once: int
    sent_at_once: int
    give_up_after_s: float


class Worker:
    """Works on the jobs of one kind."""

    def __init__(self, shared: Shared, *, answering: Answering, bounds: Bounds) -> None:
        self._record = shared.record
        self._metrics = shared.metrics
        self._answering = answering
        self._bounds = bounds
        self._making = asyncio.Semaphore(bounds.composed_at_once)
        self._places = asyncio.Semaphore(bounds.composed_at_once + bounds.sent_at_once)
        self._arrived = asyncio.Event()

    def wake(self) -> None:
        """There may be a new job."""
        self._arrived.set()

    async def run(self, *, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish the jobs in hand.

        Raises TelegramUnauthorizedError for a revoked token.
        """
        try:
            async with asyncio.TaskGroup() as in_hand:
                while not stopping.is_set():
                    await self._begin_one(in_hand, stopping)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _begin_one(self, in_hand: asyncio.TaskGroup, stopping: asyncio.Event) -> None:
        await self._places.acquire()
        await self._making.acquire()
        is_over = stopping.is_set()  # it may have been, while all places were taken
        if not is_over and (job := await until_recorded(self._claim)):
            in_hand.create_task(self._work_on(job))
            return
        self._making.release()
        self._places.release()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), IDLE_S)
        self._arrived.clear()

    async def _claim(self) -> Job | None:
        resting = self._answering.is_resting()
        waiting_s = self._bounds.give_up_after_s if resting else 0
        return await self._record.claim(self._answering.kind, waiting_s=waiting_s)

    async def _work_on(self, job: Job) -> None:
        making = _Once(self._making)
        try:
            await self._end_well(job, making)
        finally:
            making.release()
            self._places.release()
            self.wake()  # the chat's next job may have waited for this one

    async def _end_well(self, job: Job, making: "_Once") -> None:
        final = _age_s(job) > self._bounds.give_up_after_s
        try:
            failed = await self._answering.answer(job, final=final, composed=making.release)
        except TelegramUnauthorizedError:
            raise
        except RefusedError as error:
            await self._drop(job, error.refusal.reason)
        except UnwantedError:
            await self._drop(job, "forgotten")
        except ChatBusyError as error:  # no failure: its turn has not come
            await self._postpone(job, error.wait_s)
        except PASSING as error:
            await self._try_later(job, error)
        except Exception as error:  # the edge: no job may stop the others
            logger.exception("job %s failed", job.key)
            await self._try_later(job, error)
        else:
            self._count(job, failed)

    def _count(self, job: Job, failed: int) -> None:
        end = f"answered, {failed} given up" if failed else "answered"
        logger.info("job %s: %s after %.1f s", job.key, end, _age_s(job))
        if not job.photos:
            self._metrics.words.inc()
            return
        self._metrics.failed.labels("given up").inc(failed)
        self._metrics.answered.inc(len(job.photos) - failed)
        for photo in job.photos:
            self._metrics.answer_s.observe(max(0.0, steady_time() - photo.received_at))

    async def _drop(self, job: Job, reason: str) -> None:
        await until_recorded(lambda: self._record.finish(job))
        logger.info("job %s ends without an answer: %s", job.key, reason)
        self._metrics.failed.labels(reason).inc(len(job.photos))

    async def _try_later(self, job: Job, error: Exception) -> None:
        reason = type(error).__name__
        if _age_s(job) > _most_age_s(job, self._bounds):
            await self._drop(job, reason)
            return
        delay_s = _delay_s(job, error)
        logger.info("job %s: %s, again in %.1f s", job.key, reason, delay_s)
        self._metrics.retried.labels(reason).inc()
        await self._postpone(job, delay_s)
        if isinstance(error, InferenceUnavailableError) and error.retry_after_s:
            # the service would send the next photo away, too
            await asyncio.sleep(min(error.retry_after_s, MOST_PAUSE_S))

    async def _postpone(self, job: Job, delay_s: float) -> None:
        await until_recorded(lambda: self._record.postpone(job, delay_s))


class _Once:
    """A place that is given back once, by whoever comes first."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._is_held = True

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._places.release()


def _age_s(job: Job) -> float:
    return steady_time() - job.first.received_at


def _most_age_s(job: Job, bounds: Bounds) -> float:
    """While Telegram is out of reach a photo stays, for as long as a day; words get stale."""
    return REMEMBER_S if job.photos else bounds.give_up_after_s


def _delay_s(job: Job, error: Exception) -> float:
    if isinstance(error, InferenceUnavailableError) and error.retry_after_s is not None:
        return error.retry_after_s
    is_service = isinstance(error, InferenceError)
    most_s = MOST_SERVICE_BACKOFF_S if is_service else MOST_BACKOFF_S
    return retry_delay_s(error, job.attempt, most_s=most_s)
