"""Long polling that acknowledges an update only after it is recorded.

aiogram's own polling asks for the next updates, and so acknowledges the last ones, while their
handlers still run: what they had in hand is lost in a crash.
"""

import asyncio
import logging
from typing import Any

from aiogram.exceptions import AiogramError, TelegramConflictError, TelegramUnauthorizedError
from aiogram.methods import GetUpdates

from bot.intake.updates import Intake
from bot.record.jobs import RecordError
from bot.shared import Shared
from bot.telegram.delivery import retry_delay_s

TIMEOUT_S = 30
MOST_BACKOFF_S = 30
CONFLICT = "another process polls with this token: stop one of the two"
WEBHOOK = "another process has set a webhook for this token, so nothing can be polled: stop it"
logger = logging.getLogger(__name__)


class GetRawUpdates(GetUpdates):
    """getUpdates whose results are not validated: one odd update must not spoil the others."""

    __returning__ = list[dict[str, Any]]


async def poll(shared: Shared, intake: Intake, *, allowed_updates: list[str]) -> None:
    """Take updates in until cancelled. Raises TelegramUnauthorizedError for a revoked token."""
    request = GetRawUpdates(timeout=TIMEOUT_S, allowed_updates=allowed_updates)
    failures = 0
    while True:
        try:
            updates: Any = await shared.bot(request, request_timeout=TIMEOUT_S + 10)
            for update in updates:
                await intake.take_in(update)
                request = request.model_copy(update={"offset": int(update["update_id"]) + 1})
        except TelegramUnauthorizedError:
            raise
        except (AiogramError, RecordError) as error:
            failures += 1
            delay_s = retry_delay_s(error, failures, most_s=MOST_BACKOFF_S)
            shared.metrics.polls.labels(type(error).__name__).inc()
            if shared.health.is_ill("polling", _explanation(error)):
                logger.info("no updates: %s; again in %.1f s", _explanation(error), delay_s)
            await asyncio.sleep(delay_s)
        else:
            failures = 0
            shared.metrics.polls.labels("ok").inc()
            if shared.health.is_well("polling"):
                logger.info("updates come again")


def _explanation(error: Exception) -> str:
    """Why there are no updates; never the error's own text, which may hold what users wrote."""
    if isinstance(error, TelegramConflictError):
        return WEBHOOK if "webhook" in error.message else CONFLICT
    return type(error).__name__
