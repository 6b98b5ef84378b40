"""The words of the two labels, as the service has them, so that /start can prepare for them."""

import asyncio
from itertools import count

from bot.inference.client import InferenceClient
from bot.inference.errors import InferenceError
from bot.telegram.delivery import backoff_s
from bot.words.topics import Facts

MOST_BACKOFF_S = 60


async def learn_labels(facts: Facts, inference: InferenceClient) -> None:
    """Ask until the service tells."""
    for attempt in count(1):
        try:
            facts.lower_label, facts.upper_label = await inference.labels()
        except InferenceError:
            await asyncio.sleep(backoff_s(attempt, most_s=MOST_BACKOFF_S))
        else:
            return
