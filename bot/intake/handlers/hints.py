"""Whatever is no photo: a short hint."""

from aiogram import F, Router
from aiogram.types import ContentType

from bot.intake.handlers.addressed import Addressed
from bot.intake.handlers.entries import say_topic

SAID_BY_PEOPLE = {
    ContentType.UNKNOWN,  # kinds of content that do not exist yet
    ContentType.TEXT,
    ContentType.ANIMATION,
    ContentType.AUDIO,
    ContentType.CHECKLIST,
    ContentType.CONTACT,
    ContentType.DICE,
    ContentType.GAME,
    ContentType.LIVE_PHOTO,
    ContentType.LOCATION,
    ContentType.PAID_MEDIA,
    ContentType.POLL,
    ContentType.STICKER,
    ContentType.STORY,
    ContentType.VENUE,
    ContentType.VIDEO,
    ContentType.VIDEO_NOTE,
    ContentType.VOICE,
}


def create_router() -> Router:
    """To be the last router: it takes what no other took."""
    router = Router(name="hints")
    router.message(F.content_type.in_(SAID_BY_PEOPLE), Addressed())(say_topic("hint"))
    return router
