"""Whatever is no photo: a short hint, once for a burst."""

from aiogram import F, Router
from aiogram.methods import TelegramMethod
from aiogram.types import ContentType, Message

from bot.intake.handlers.addressed import Addressed
from bot.telegram.bursts import OncePer
from bot.words import messages

BURST_S = 3
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
    once = OncePer(BURST_S)

    @router.message(F.content_type.in_(SAID_BY_PEOPLE), Addressed())
    async def hint(message: Message) -> TelegramMethod[Message] | None:
        return message.answer(messages.hint()) if once.first(message.chat.id) else None

    return router
