"""Whether a message is meant for the bot: in private always, in a group when it says so."""

from aiogram.enums import ChatType, MessageEntityType
from aiogram.filters import BaseFilter
from aiogram.types import Message, MessageEntity, User

from bot.record.jobs import Record, album_key


class Addressed(BaseFilter):
    """Lets pass what is private, mentions the bot, replies to it, or belongs to such an album."""

    async def __call__(self, message: Message, me: User, record: Record) -> bool:
        """Whether the message is for `me`; its own messages never are."""
        if message.from_user and message.from_user.id == me.id:
            return False
        if message.chat.type == ChatType.PRIVATE or mentions(message, me) or _answers(message, me):
            return True
        # only one photo of an album carries the words that mention the bot
        album = message.media_group_id
        return album is not None and await record.holds(album_key(message.chat.id, album))


def mentions(message: Message, me: User) -> bool:
    """Whether the text or caption names the bot."""
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities or []
    return any(_names(entity, text, me) for entity in entities)


def _names(entity: MessageEntity, text: str, me: User) -> bool:
    if entity.type == MessageEntityType.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if entity.type == MessageEntityType.MENTION:
        return entity.extract_from(text).lower() == f"@{me.username}".lower()
    return False


def _answers(message: Message, me: User) -> bool:
    asked = message.reply_to_message
    return asked is not None and asked.from_user is not None and asked.from_user.id == me.id
