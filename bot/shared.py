"""What every part of the bot works with."""

from dataclasses import dataclass, field

from aiogram import Bot

from bot.health import Health
from bot.metrics import Metrics
from bot.record.jobs import Record
from bot.telegram.delivery import Delivery
from bot.words.language import Catalogs
from bot.words.topics import Facts


@dataclass(frozen=True, slots=True)
class Shared:
    """One of each for a bot, made in `__main__`."""

    bot: Bot
    delivery: Delivery
    record: Record
    catalogs: Catalogs
    metrics: Metrics
    health: Health = field(default_factory=Health)
    facts: Facts = field(default_factory=Facts)
