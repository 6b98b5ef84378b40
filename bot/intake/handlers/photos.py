"""Photos, and images sent as files."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import Message, Update, User
from aiogram.utils.i18n import I18n

from bot.intake.handlers.addressed import NotMine, is_addressed, mentions
from bot.intake.handlers.entries import HasFile, facts_of, file_of, words_of
from bot.record.jobs import Photo, Words

Worth = Photo | Words | None
IS_PHOTO = F.photo | (F.document & ~F.animation)


def create_router() -> Router:
    """Photos of the message itself, then those it replies to in order to ask about them."""
    router = Router(name="photos")
    router.message(IS_PHOTO, NotMine())(take_photo)
    router.message(NotMine(), Command("rate", ignore_case=True))(take_photo_replied_to)
    router.message(NotMine(), _asks_by_a_mention)(take_photo_replied_to)
    return router


async def take_photo(
    message: Message, event_update: Update, i18n: I18n, me: User, max_file_bytes: int
) -> Worth:
    """The photo to record, or words if it may not be downloaded.

    Only one photo of an album carries the words that mention the bot, so in a group the others are
    recorded too, for the case that it comes.
    """
    asked = is_addressed(message, me)
    if not asked and not message.media_group_id:
        return None
    worth = _photo(message, message, event_update, i18n, max_file_bytes=max_file_bytes)
    if asked or not isinstance(worth, Photo):
        return worth if asked else None
    return worth.model_copy(update={"asked": False})


async def take_photo_replied_to(
    message: Message, event_update: Update, i18n: I18n, max_file_bytes: int
) -> Worth:
    """The photo of the message that was replied to, for the one who asks about it.

    A photo of this chat is answered where it stands, one of another chat where it is asked about.
    """
    limit = max_file_bytes
    if message.reply_to_message and file_of(message.reply_to_message):
        asked = message.reply_to_message
        worth = _photo(message, asked, event_update, i18n, max_file_bytes=limit)
        return worth and worth.model_copy(update={"message_id": asked.message_id})
    if message.external_reply and file_of(message.external_reply):
        return _photo(message, message.external_reply, event_update, i18n, max_file_bytes=limit)
    say = words_of(message, event_update, i18n)
    return say("not_seen" if message.external_reply else "hint")


async def _asks_by_a_mention(message: Message, me: User) -> bool:
    """Mentions the bot in reply to a photo, or to a message of another chat."""
    if (message.text or "").startswith("/") or not mentions(message, me):
        return False
    asked = message.reply_to_message
    return bool(message.external_reply or (asked and file_of(asked)))


def _photo(
    message: Message, holder: HasFile, update: Update, i18n: I18n, *, max_file_bytes: int
) -> Worth:
    """The holder's file as a photo that `message` asks for."""
    file = file_of(holder)
    if file is None:
        return None
    if (file.file_size or 0) > max_file_bytes:
        return words_of(message, update, i18n)("file_too_large", max_file_bytes)
    return Photo(
        **facts_of(message, update, i18n),
        file_id=file.file_id,
        album_id=message.media_group_id if holder is message else None,
        spoiler=bool(holder.has_media_spoiler),
    )
