"""Photos, and images sent as files."""

import time

from aiogram import F, Router
from aiogram.methods import TelegramMethod
from aiogram.types import Document, Message, PhotoSize, Update, User
from aiogram.utils.i18n import I18n

from bot.intake.handlers.addressed import Addressed, mentions
from bot.record.jobs import Photo
from bot.words import messages

Answer = Photo | TelegramMethod[Message]
IS_PHOTO = F.photo | (F.document & ~F.animation)


def create_router() -> Router:
    """Photos of the message itself, then those it replies to in order to ask about them."""
    router = Router(name="photos")
    router.message(IS_PHOTO, Addressed())(take_photo)
    router.message(F.reply_to_message.as_("asked"), _asks_about_a_photo)(take_photo_replied_to)
    return router


async def take_photo(
    message: Message, event_update: Update, i18n: I18n, max_file_bytes: int
) -> Answer | None:
    """The photo to record, or words if it may not be downloaded."""
    file = _file(message)
    if file is None:
        return None
    if (file.file_size or 0) > max_file_bytes:
        return message.reply(messages.file_too_large(max_file_bytes))
    return Photo(
        update_id=event_update.update_id,
        chat_id=message.chat.id,
        message_id=message.message_id,
        thread_id=message.message_thread_id if message.is_topic_message else None,
        user_id=message.from_user.id if message.from_user else message.chat.id,
        file_id=file.file_id,
        album_id=message.media_group_id,
        language=i18n.current_locale,
        received_at=time.time(),
    )


async def take_photo_replied_to(
    message: Message, asked: Message, event_update: Update, i18n: I18n, max_file_bytes: int
) -> Answer | None:
    """The photo of the message that was replied to, for the one who asks about it."""
    found = asked.model_copy(update={"from_user": message.from_user, "media_group_id": None})
    return await take_photo(found, event_update, i18n, max_file_bytes)


async def _asks_about_a_photo(message: Message, asked: Message, me: User) -> bool:
    return mentions(message, me) and _file(asked) is not None


def _file(message: Message) -> PhotoSize | Document | None:
    """The file to look at: a photo's largest size."""
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height)
    return None if message.animation else message.document
