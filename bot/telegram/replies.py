"""Words in reply to a photo, for those who have only the record of it."""

from aiogram.methods import SendMessage
from aiogram.types import ReplyParameters

from bot.record.jobs import Photo


def say(photo: Photo, text: str) -> SendMessage:
    """Words in reply to the photo's message, sent even if that was deleted."""
    return SendMessage(
        chat_id=photo.chat_id,
        message_thread_id=photo.thread_id,
        text=text,
        reply_parameters=reply_to(photo),
    )


def reply_to(photo: Photo) -> ReplyParameters:
    """Names the photo's message as what is answered."""
    return ReplyParameters(message_id=photo.message_id, allow_sending_without_reply=True)
