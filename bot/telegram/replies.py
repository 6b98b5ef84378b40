"""How a message names what it answers, for those who have only the record of it."""

from aiogram.methods import SendMessage
from aiogram.types import ReplyParameters

from bot.record.jobs import NO_MESSAGE, Entry


def say(entry: Entry, text: str) -> SendMessage:
    """Words in reply to the entry's message, sent even if that was deleted."""
    return SendMessage(
        chat_id=entry.chat_id,
        message_thread_id=entry.thread_id,
        text=text,
        reply_parameters=reply_to(entry),
    )


def reply_to(entry: Entry) -> ReplyParameters | None:
    """Names the entry's message as what is answered, if there was one."""
    if entry.message_id == NO_MESSAGE:
        return None
    return ReplyParameters(message_id=entry.message_id, allow_sending_without_reply=True)
