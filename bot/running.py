"""The life of a bot that is put together: start, work, drain."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.answers.queue_notices import QueueNotices
from bot.answers.worker import Worker
from bot.intake.updates import Intake

CANCEL_AGAIN_S = 1
Source = Callable[[], Coroutine[Any, Any, None]]
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The parts that work while the bot lives.

    source: takes updates in until cancelled; None where they come by webhook. ornaments: what the
    bot can live without, and does not wait for.
    """

    intake: Intake
    workers: Sequence[Worker]
    notices: QueueNotices
    source: Source | None
    ornaments: Source
    drain_s: float

    async def until(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then end what is in hand; the rest stays in the record.

        Raises what made a part end early, such as a revoked token.
        """
        stopping = asyncio.Event()
        workers = [asyncio.create_task(worker.run(stopping=stopping)) for worker in self.workers]
        others = [asyncio.create_task(self.notices.run()), asyncio.create_task(stop.wait())]
        if self.source:
            others.append(asyncio.create_task(self.source()))
        ornaments = asyncio.create_task(self.ornaments())
        await asyncio.wait([*workers, *others], return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        for worker in self.workers:
            worker.wake()
        await _cancel([*others, ornaments])
        await self._drain(workers)
        for task in (*workers, *others):  # one may have failed while the stop was obeyed
            if not task.cancelled():
                task.result()

    async def _drain(self, workers: list[asyncio.Task[None]]) -> None:
        replies = asyncio.create_task(self.intake.drain())
        _, late = await asyncio.wait([*workers, replies], timeout=self.drain_s)
        if late:
            logger.warning("%d tasks did not end in time; the record keeps their jobs", len(late))
        await _cancel(late)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result of `work`, or None where `stop` comes first and cuts it off."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    await _cancel([working, stopping])
    return None if working.cancelled() else working.result()


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel until they end: before Python 3.12 `wait_for`, which redis uses, may swallow one."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
