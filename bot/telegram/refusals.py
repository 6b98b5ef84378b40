"""Why Telegram refuses a message, by kind, and what can be sent instead. Nothing is sent here.

Telegram names its reasons in words only: https://core.telegram.org/bots/api#making-requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNotFound,
)
from aiogram.methods import SendDocument, SendMediaGroup, SendMessage, SendPhoto
from aiogram.types import InputMediaPhoto

Send = SendMessage | SendPhoto | SendDocument | SendMediaGroup
REFUSALS = (
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNotFound,
)
MOST_TRIES = 3


class Kind(StrEnum):
    """What a refusal is about."""

    GONE = "gone"
    """Nothing can ever be sent there again."""
    THREAD = "thread"
    REPLY = "reply"
    RIGHTS = "rights"
    """The chat allows the bot no media."""
    PASSING = "passing"
    """The same message may be taken at the next try."""
    MEDIA = "media"
    """These pictures in this form, or an unknown reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind, and Telegram's words that tell it: one of a few, so that they can be counted."""

    kind: Kind
    reason: str


PHRASES: Sequence[tuple[Kind, Sequence[str]]] = (
    (
        Kind.RIGHTS,
        (
            "not enough rights to send",
            "chat_send_photos_forbidden",
            "chat_send_docs_forbidden",
            "chat_send_media_forbidden",
        ),
    ),
    (
        Kind.GONE,
        (
            "chat not found",
            "blocked by the user",
            "kicked",
            "deactivated",
            "not a member",
            "can't initiate conversation",
            "can't send messages to bots",
            "peer_id_invalid",
            "have no rights to send a message",
            "need administrator rights",
            "chat_write_forbidden",
            "chat_restricted",
            "user_is_blocked",
        ),
    ),
    (Kind.THREAD, ("thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")),
    (Kind.REPLY, ("replied not found", "replied message not found", "reply message not found")),
    (Kind.REPLY, ("reply_message_id_invalid", "message_id_invalid", "quote not found")),
    (Kind.PASSING, ("image_process_failed", "temporarily", "timeout", "try again")),
)


def understand(error: TelegramAPIError) -> Refusal:
    """The kind of the refusal; every 403 that is not about media means that the chat is gone.

    >>> from aiogram.methods import GetMe
    >>> understand(TelegramBadRequest(GetMe(), "Bad Request: chat not found")).kind.value
    'gone'
    """
    text = error.message.lower()
    for kind, phrases in PHRASES:
        for phrase in phrases:
            if phrase in text:
                return Refusal(kind, phrase)
    if isinstance(error, TelegramForbiddenError):
        return Refusal(Kind.GONE, "forbidden")
    return Refusal(
        Kind.MEDIA, "too large" if isinstance(error, TelegramEntityTooLarge) else "other"
    )


def instead(send: Send, kind: Kind, *, tries: int, without_picture: str) -> list[Send]:
    """What to send in place of `send`, which was refused `tries` times; empty: nothing helps.

    without_picture: words for why the picture itself does not come.
    """
    match kind:
        case Kind.GONE:
            return []
        case Kind.THREAD if send.message_thread_id is not None:
            return [send.model_copy(update={"message_thread_id": None})]
        case Kind.REPLY if send.reply_parameters is not None:
            return [send.model_copy(update={"reply_parameters": None})]
        case Kind.PASSING if tries < MOST_TRIES:
            return [send]
    return _in_another_form(send, without_picture, may_be_a_file=kind is not Kind.RIGHTS)


def _in_another_form(send: Send, without_picture: str, *, may_be_a_file: bool) -> list[Send]:
    if isinstance(send, SendMediaGroup) and may_be_a_file:
        return _one_by_one(send)
    if isinstance(send, SendPhoto) and may_be_a_file:
        return [_as_document(send)]
    return _in_words(send, without_picture)


def _one_by_one(group: SendMediaGroup) -> list[Send]:
    return [
        SendPhoto(
            photo=each.media, caption=each.caption, has_spoiler=each.has_spoiler, **_to(group)
        )
        if isinstance(each, InputMediaPhoto)
        else SendDocument(document=each.media, caption=each.caption, **_to(group))
        for each in group.media
    ]


def _as_document(photo: SendPhoto) -> SendDocument:
    return SendDocument(document=photo.photo, caption=photo.caption, **_to(photo))


def _in_words(send: Send, without_picture: str) -> list[Send]:
    if isinstance(send, SendMessage):
        return []
    caption = send.media[0].caption if isinstance(send, SendMediaGroup) else send.caption
    words = "\n\n".join(filter(None, [caption, without_picture]))
    return [SendMessage(text=words, **_to(send))]


def _to(send: Send) -> dict[str, Any]:
    """Where it goes."""
    return {
        "chat_id": send.chat_id,
        "message_thread_id": send.message_thread_id,
        "reply_parameters": send.reply_parameters,
    }
