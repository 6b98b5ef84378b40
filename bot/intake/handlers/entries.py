"""From a message to what the record keeps of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram.types import Document, ExternalReplyInfo, Message, PhotoSize, Update
from aiogram.utils.i18n import I18n

from bot.record.clock import steady_time
from bot.record.jobs import Words

Say = Callable[..., Words]
Handler = Callable[[Message, Update, I18n], Awaitable[Words]]
HasFile = Message | ExternalReplyInfo


def facts_of(message: Message, event_update: Update, i18n: I18n) -> dict[str, Any]:
    """The fields of an Entry that answers `message`."""
    return {
        "update_id": event_update.update_id,
        "chat_id": message.chat.id,
        "message_id": message.message_id,
        "thread_id": message.message_thread_id if message.is_topic_message else None,
        "user_id": asker_of(message),
        "language": i18n.current_locale,
        "received_at": steady_time(),
    }


def words_of(message: Message, event_update: Update, i18n: I18n) -> Say:
    """Makes the Words of a topic and its values, as an answer to `message`."""
    facts = facts_of(message, event_update, i18n)
    return lambda topic, *values: Words(**facts, topic=topic, values=values)


def say_topic(topic: str) -> Handler:
    """A handler that answers any message with it."""

    async def handle(message: Message, event_update: Update, i18n: I18n) -> Words:
        return words_of(message, event_update, i18n)(topic)

    return handle


def asker_of(message: Message) -> int:
    """Who asks: anonymous admins share one user of Telegram's, so for them it is their chat."""
    if message.sender_chat:
        return message.sender_chat.id
    return message.from_user.id if message.from_user else message.chat.id


def file_of(holder: HasFile) -> PhotoSize | Document | None:
    """The file to look at: a photo's largest size, or a document."""
    if holder.photo:
        return max(holder.photo, key=lambda size: size.width * size.height)
    return None if holder.animation else holder.document
