"""The send methods of the fake: what Telegram asks of a message is asked here."""

import io
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from tests.bot.telegram.server import FakeTelegram

Form = dict[str, str]
Files = dict[str, bytes]
COMMON = {"chat_id", "message_thread_id", "reply_parameters", "reply_markup"}
OPTIONAL = {"caption", "has_spoiler"}
_ids = itertools.count(5_000_000)


class RefusalError(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        self.status = status
        self.description = description
        self.parameters = parameters
        super().__init__(description)


@dataclass
class Sent:
    """One accepted call; `files` are the pictures in their order."""

    method: str
    chat_id: int
    form: Form
    files: list[bytes] = field(default_factory=list)
    reply_to: int | None = None
    at: float = field(default_factory=time.monotonic)

    def __repr__(self) -> str:
        return f"{self.method} to {self.chat_id}, reply to {self.reply_to}: {text_of(self)[:60]!r}"


def text_of(sent: Sent) -> str:
    """The words, or the first caption."""
    if "media" in sent.form:
        return str(json.loads(sent.form["media"])[0].get("caption", ""))
    return sent.form.get("text") or sent.form.get("caption") or ""


def send_message(telegram: "FakeTelegram", form: Form, files: Files) -> dict[str, Any]:
    _expect(form, {"text"})
    _check_length(form["text"], 4096)
    return _accept(telegram, Sent("sendMessage", _chat(telegram, form), form), 1)[0]


def send_photo(telegram: "FakeTelegram", form: Form, files: Files) -> dict[str, Any]:
    _expect(form, {"photo"})
    picture = _attached(form["photo"], files)
    _check_photo(picture)
    return _send_file(telegram, "sendPhoto", form, picture)


def send_document(telegram: "FakeTelegram", form: Form, files: Files) -> dict[str, Any]:
    _expect(form, {"document"})
    return _send_file(telegram, "sendDocument", form, _attached(form["document"], files))


def send_media_group(telegram: "FakeTelegram", form: Form, files: Files) -> list[dict[str, Any]]:
    _expect(form, {"media"})
    media = json.loads(form["media"])
    if not 2 <= len(media) <= 10 or len({each["type"] for each in media}) != 1:
        raise RefusalError(400, "Bad Request: wrong number or kinds of media")
    pictures = [_attached(each["media"], files) for each in media]
    for each, picture in zip(media, pictures, strict=True):
        _check_length(each.get("caption", "."), 1024)
        if each["type"] == "photo":
            _check_photo(picture)
    sent = Sent("sendMediaGroup", _chat(telegram, form), form, pictures)
    return _accept(telegram, sent, len(media))


SENDERS: dict[str, Callable[["FakeTelegram", Form, Files], Any]] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
}


def _send_file(telegram: "FakeTelegram", method: str, form: Form, picture: bytes) -> dict[str, Any]:
    _check_length(form.get("caption", "."), 1024)
    return _accept(telegram, Sent(method, _chat(telegram, form), form, [picture]), 1)[0]


def _accept(telegram: "FakeTelegram", sent: Sent, messages: int) -> list[dict[str, Any]]:
    telegram.limits.count(sent.chat_id, messages)
    if "reply_parameters" in sent.form:
        reply = json.loads(sent.form["reply_parameters"])
        known = (sent.chat_id, reply["message_id"]) in telegram.people.messages
        if not known and not reply.get("allow_sending_without_reply"):
            raise RefusalError(400, "Bad Request: message to be replied not found")
        sent.reply_to = reply["message_id"] if known else None
    telegram.sent.append(sent)
    chat = {"id": sent.chat_id, "type": "private"}
    return [{"message_id": next(_ids), "date": 0, "chat": chat} for _ in range(messages)]


def _chat(telegram: "FakeTelegram", form: Form) -> int:
    chat_id = int(form["chat_id"])
    if chat_id in telegram.migrated:
        raise RefusalError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=telegram.migrated[chat_id],
        )
    if chat_id in telegram.blocked:
        raise RefusalError(403, "Forbidden: bot was blocked by the user")
    if chat_id not in telegram.people.chats:
        raise RefusalError(400, "Bad Request: chat not found")
    return chat_id


def _expect(form: Form, own: set[str]) -> None:
    if unknown := form.keys() - COMMON - OPTIONAL - own:
        raise RefusalError(400, f"unexpected {unknown}")
    if missing := {"chat_id", *own} - form.keys():
        raise RefusalError(400, f"Bad Request: {missing} missing")


def _check_length(text: str, limit: int) -> None:
    if not 1 <= len(text.encode("utf-16-le")) // 2 <= limit:
        raise RefusalError(400, "Bad Request: message is too long or empty")


def _attached(reference: str, files: Files) -> bytes:
    if not reference.startswith("attach://") or reference[9:] not in files:
        raise RefusalError(400, "Bad Request: attached file not found")
    return files[reference[9:]]


def _check_photo(picture: bytes) -> None:
    width, height = Image.open(io.BytesIO(picture)).size
    fits = width + height <= 10_000 and max(width, height) <= 20 * min(width, height)
    if len(picture) > 10_000_000 or not fits:
        raise RefusalError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
