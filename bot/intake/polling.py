"""Long polling that acknowledges an update only after it is recorded.

aiogram's own polling asks for the next updates, and so acknowledges the last ones, while their
handlers still run: what they had in hand is lost in a crash.
"""

import asyncio
import logging
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramConflictError, TelegramUnauthorizedError
from aiogram.methods import GetUpdates

from bot.intake.updates import Intake
from bot.record.jobs import RecordError
from bot.telegram.delivery import retry_delay_s

TIMEOUT_S = 30
MOST_BACKOFF_S = 30
logger = logging.getLogger(__name__)


class GetRawUpdates(GetUpdates):
    """getUpdates whose results are not validated: one odd update must not spoil the others."""

    __returning__ = list[dict[str, Any]]


async def poll(bot: Bot, intake: Intake, *, allowed_updates: list[str]) -> None:
    """Take updates in until cancelled. Raises TelegramUnauthorizedError for a revoked token."""
    request = GetRawUpdates(timeout=TIMEOUT_S, allowed_updates=allowed_updates)
    failures = 0
    while True:
        try:
            updates: Any = await bot(request, request_timeout=TIMEOUT_S + 10)
            for update in updates:
                await intake.take_in(update)
                request = request.model_copy(update={"offset": int(update["update_id"]) + 1})
            failures = 0
        except TelegramUnauthorizedError:
            raise
        except (AiogramError, RecordError) as error:
            failures += 1
            await asyncio.sleep(_explain(error, failures))


def _explain(error: Exception, failures: int) -> float:
    """Logs why there are no updates; returns the seconds to wait.

    Never logs the error's own text, which may hold what users wrote.
    """
    delay_s = retry_delay_s(error, failures, most_s=MOST_BACKOFF_S)
    if isinstance(error, TelegramConflictError):
        logger.error("another process polls with this token; again in %.1f s", delay_s)
    else:
        logger.warning("no updates: %s, again in %.1f s", type(error).__name__, delay_s)
    return delay_s
