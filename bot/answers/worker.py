"""Takes jobs from the record and sees to it that each ends: answered, given up, or dropped."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TypeVar

from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from bot.answers.answering import Answering, DownloadError
from bot.inference.errors import InferenceError, InferenceUnavailableError
from bot.record.jobs import REMEMBER_S, Job, RecordError
from bot.shared import Shared
from bot.telegram.delivery import backoff_s, retry_delay_s
from bot.telegram.pacing import ChatBusyError
from bot.telegram.replies import say
from bot.words import messages

IDLE_S = 0.5
MOST_BACKOFF_S = 30
MOST_PAUSE_S = 5
GONE = (TelegramBadRequest, TelegramForbiddenError, TelegramNotFound)
"""Telegram will never take this message: the user blocked the bot, the chat is deleted…"""
PASSING = (InferenceError, DownloadError, AiogramError, RecordError)
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class Worker:
    """Works on one job at a time; a bot has several."""

    def __init__(self, shared: Shared, *, answering: Answering, give_up_after_s: float) -> None:
        self._delivery = shared.delivery
        self._record = shared.record
        self._catalogs = shared.catalogs
        self._metrics = shared.metrics
        self._answering = answering
        self._give_up_after_s = give_up_after_s

    async def run(self, *, arrived: asyncio.Event, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish the job in hand.

        Raises TelegramUnauthorizedError for a revoked token.
        """
        while not stopping.is_set():
            if job := await _until_recorded(self._record.claim):
                await self._work_on(job)
            else:
                await _rest(arrived)

    async def _work_on(self, job: Job) -> None:
        try:
            answered = await self._answering.answer(job, noted=partial(self._end, job))
        except TelegramUnauthorizedError:
            raise
        except GONE as error:
            await self._end(job, failed=type(error).__name__)
        except ChatBusyError as error:  # no failure: its turn has not come
            await self._postpone(job, error.wait_s)
        except PASSING as error:
            await self._try_later(job, error)
        except Exception as error:  # the edge: no job may stop the others
            logger.exception("job %s failed", job.key)
            await self._try_later(job, error)
        else:
            if not answered:
                await self._end(job, failed="forgotten")

    async def _end(self, job: Job, *, failed: str | None = None) -> None:
        await _until_recorded(partial(self._record.finish, job))
        if failed:
            self._metrics.failed.labels(failed).inc(len(job.photos))
            return
        self._metrics.answered.inc(len(job.photos))
        for photo in job.photos:
            self._metrics.answer_s.observe(time.time() - photo.received_at)

    async def _try_later(self, job: Job, error: Exception) -> None:
        reason = type(error).__name__
        if _age_s(job) > self._give_up_after_s:
            await self._give_up(job, reason)
            return
        delay_s = _delay_s(job, error)
        logger.info("job %s: %s, again in %.1f s", job.key, reason, delay_s)
        self._metrics.retried.labels(reason).inc()
        await self._postpone(job, delay_s)
        if isinstance(error, InferenceUnavailableError) and error.retry_after_s:
            # the service would send the next photo away, too
            await asyncio.sleep(min(error.retry_after_s, MOST_PAUSE_S))

    async def _postpone(self, job: Job, delay_s: float) -> None:
        await _until_recorded(partial(self._record.postpone, job, delay_s))

    async def _give_up(self, job: Job, reason: str) -> None:
        """Say so. While Telegram itself is out of reach, the job stays, for as long as a day."""
        with self._catalogs.speaking(job.first.language):
            words = say(job.first, messages.gave_up())
        end = partial(self._end, job, failed=reason)
        try:
            await self._delivery.call(words, noted=end)
        except AiogramError as error:
            if isinstance(error, GONE) or _age_s(job) > REMEMBER_S:
                await end()
            else:
                await self._postpone(job, MOST_BACKOFF_S)


def _age_s(job: Job) -> float:
    return time.time() - job.first.received_at


def _delay_s(job: Job, error: Exception) -> float:
    if isinstance(error, InferenceUnavailableError) and error.retry_after_s is not None:
        return error.retry_after_s
    return retry_delay_s(error, job.attempt, most_s=MOST_BACKOFF_S)


async def _until_recorded(change: Callable[[], Awaitable[Result]]) -> Result:
    """Insist: a job that was answered but not finished would be answered again."""
    for attempt in count(1):
        try:
            return await change()
        except RecordError as error:
            logger.warning("the record: %s", error)
            await asyncio.sleep(backoff_s(attempt, most_s=MOST_BACKOFF_S))
    raise AssertionError("unreachable")


async def _rest(arrived: asyncio.Event) -> None:
    """Until a job arrives, or one that was postponed may be due."""
    with suppress(TimeoutError):
        await asyncio.wait_for(arrived.wait(), IDLE_S)
    arrived.clear()
