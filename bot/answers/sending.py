"""Sends an answer in the form that Telegram takes, and writes down what became of it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from aiogram.methods import TelegramMethod

from bot.metrics import Metrics
from bot.record.jobs import Job, Record, RecordError
from bot.telegram.delivery import Delivery, Note, backoff_s
from bot.telegram.refusals import REFUSALS, Kind, Refusal, Send, instead, understand

MOST_BACKOFF_S = 2
"""The longer an answer that was sent is not noted, the likelier it is sent again."""
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class RefusedError(Exception):
    """Telegram takes no form of this answer."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.reason)


class Sender:
    """Sends in another form what was refused in the first."""

    def __init__(self, delivery: Delivery, metrics: Metrics) -> None:
        self._delivery = delivery
        self._metrics = metrics

    async def send(self, answer: Send, note: Note, *, without_picture: str) -> None:
        """Raises RefusedError where nothing helps, and what a call raises."""
        left, tries, some_came = deque([answer]), 1, False
        while left:
            message: Send = left.popleft()
            try:
                await self._call(message, _Part(note) if left else note)
            except REFUSALS as error:
                refusal = understand(error)
                others = instead(
                    message, refusal.kind, tries=tries, without_picture=without_picture
                )
                self._explain(answer, error.message, refusal)
                if not others and not some_came:
                    raise RefusedError(refusal) from error
                if not others and not left:
                    await note.succeeded()
                tries = tries + 1 if others == [message] else 1
                await asyncio.sleep(backoff_s(tries, most_s=1) if tries > 1 else 0)
                left.extendleft(reversed(others))
            else:
                some_came = True

    async def _call(self, message: TelegramMethod[Any], note: Note) -> None:
        await self._delivery.call(message, note=note)

    def _explain(self, answer: Send, message: str, refusal: Refusal) -> None:
        """Says why; the texts are Telegram's own and hold nothing that users wrote."""
        self._metrics.refusals.labels(refusal.kind, refusal.reason).inc()
        level = logging.INFO if refusal.kind is Kind.GONE else logging.WARNING
        logger.log(level, "%s to %s: %s", answer.__api_method__, answer.chat_id, message)


@dataclass(frozen=True, slots=True)
class JobNote:
    """What becomes of a job's answer, in the record."""

    record: Record
    job: Job

    async def begins(self) -> bool:
        """See Note. Raises RecordError: what cannot be noted is not sent."""
        return await self.record.sending(self.job, now=True)

    async def failed(self) -> None:
        """See Note."""
        try:
            await self.record.sending(self.job, now=False)
        except RecordError as error:
            logger.warning("the record: %s", error)

    async def succeeded(self) -> None:
        """See Note."""
        await until_recorded(lambda: self.record.finish(self.job))


@dataclass(frozen=True, slots=True)
class _Part:
    """One of several messages, not the last: with it the answer is not complete."""

    whole: Note

    async def begins(self) -> bool:
        return await self.whole.begins()

    async def failed(self) -> None:
        await self.whole.failed()

    async def succeeded(self) -> None:
        await self.whole.failed()


async def until_recorded(change: Callable[[], Awaitable[Result]]) -> Result:
    """Insist: a job that was answered but not finished would be answered again."""
    for attempt in count(1):
        try:
            return await change()
        except RecordError as error:
            logger.warning("the record: %s", error)
            await asyncio.sleep(backoff_s(attempt, most_s=MOST_BACKOFF_S))
    raise AssertionError("unreachable")
