"""Whether a message is meant for the bot: in private always, in a group when it says so."""

from collections.abc import Iterator

from aiogram.enums import ChatType, MessageEntityType
from aiogram.filters import BaseFilter
from aiogram.types import Message, MessageEntity, User


class NotMine(BaseFilter):
    """Lets pass what others wrote."""

    async def __call__(self, message: Message, me: User) -> bool:
        """Whether it is not a message of `me`."""
        return message.from_user is None or message.from_user.id != me.id


class Addressed(NotMine):
    """Lets pass what others wrote in private, with a mention of the bot, or in reply to it."""

    async def __call__(self, message: Message, me: User) -> bool:
        """Whether the message is for `me`; its own messages never are."""
        return await super().__call__(message, me) and is_addressed(message, me)


def is_addressed(message: Message, me: User) -> bool:
    """Whether the message says that it is for `me`."""
    is_private = message.chat.type == ChatType.PRIVATE
    return is_private or mentions(message, me) or _answers(message, me)


def mentions(message: Message, me: User) -> bool:
    """Whether the text or caption names the bot, alone or behind a command."""
    return any(_names(entity, text, me) for entity, text in _entities(message))


def _entities(message: Message) -> Iterator[tuple[MessageEntity, str]]:
    text = message.text or message.caption or ""
    for entity in message.entities or message.caption_entities or []:
        yield entity, text


def _names(entity: MessageEntity, text: str, me: User) -> bool:
    name = f"@{me.username}".lower()
    match entity.type:
        case MessageEntityType.TEXT_MENTION:
            return entity.user is not None and entity.user.id == me.id
        case MessageEntityType.MENTION:
            return entity.extract_from(text).lower() == name
        case MessageEntityType.BOT_COMMAND:
            return entity.extract_from(text).lower().endswith(name)
    return False


def _answers(message: Message, me: User) -> bool:
    asked = message.reply_to_message
    return asked is not None and asked.from_user is not None and asked.from_user.id == me.id
