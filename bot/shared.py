"""What every part of the bot works with."""

from dataclasses import dataclass

from aiogram import Bot

from bot.delivery import Delivery
from bot.jobs import Record
from bot.language import Catalogs
from bot.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Shared:
    """One of each for a bot, made in `__main__`."""

    bot: Bot
    delivery: Delivery
    record: Record
    catalogs: Catalogs
    metrics: Metrics
