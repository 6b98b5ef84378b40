"""What people do in Telegram, as the updates that a bot gets of it."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

BOT = {
    "id": 123456,
    "is_bot": True,
    "first_name": "Appeal",
    "username": "appeal_test_bot",
}
Update = dict[str, Any]


@dataclass
class People:
    """Makes updates with rising ids; keeps the files that they name."""

    files: dict[str, bytes] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Files that are there, and cannot be downloaded."""
    messages: set[tuple[int, int]] = field(default_factory=set)
    chats: set[int] = field(default_factory=set)
    _ids: Any = field(default_factory=lambda: itertools.count(1000))

    def message(self, chat_id: int, *, language: str = "en", **content: Any) -> Update:
        """A message by user `abs(chat_id)`, in a group when `chat_id` is negative."""
        update_id, message_id = next(self._ids), next(self._ids)
        self.chats.add(chat_id)
        self.messages.add((chat_id, message_id))
        message = {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": _chat(chat_id),
            "from": {
                "id": abs(chat_id),
                "is_bot": False,
                "first_name": "<b>Ann</b> 🦊",
                "language_code": language,
            },
            **content,
        }
        return {"update_id": update_id, "message": message}

    def photo(self, chat_id: int, image: bytes, **content: Any) -> Update:
        """A photo in three sizes; only the largest is `image`."""
        file_id = self.file(image)
        sizes = [
            {"file_id": f"small-{file_id}", "width": 90, "height": 67},
            {"file_id": file_id, "width": 1280, "height": 960, "file_size": len(image)},
            {"file_id": f"middle-{file_id}", "width": 320, "height": 240},
        ]
        photo = [{"file_unique_id": size["file_id"], **size} for size in sizes]
        return self.message(chat_id, photo=photo, **content)

    def document(
        self, chat_id: int, content: bytes, *, name: str = "photo.jpg", size: int | None = None
    ) -> Update:
        """A file; `size` is what it claims to have."""
        document = {
            "file_id": self.file(content),
            "file_unique_id": "unique",
            "file_name": name,
            "mime_type": "image/jpeg",
            "file_size": len(content) if size is None else size,
        }
        return self.message(chat_id, document=document)

    def album(self, chat_id: int, images: list[bytes], **content: Any) -> list[Update]:
        """An album, a photo an update."""
        group = f"album-{next(self._ids)}"
        return [self.photo(chat_id, image, media_group_id=group, **content) for image in images]

    def text(self, chat_id: int, text: str, **content: Any) -> Update:
        """Words; a command at their start is marked as Telegram does."""
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.message(chat_id, text=text, **content)

    def button(self, user_id: int, data: str) -> Update:
        """A button pressed."""
        pressed = self.message(user_id, text="buttons")
        query = {
            "id": "77",
            "from": pressed["message"]["from"],
            "chat_instance": "1",
            "message": {**pressed["message"], "from": BOT},
            "data": data,
        }
        return {"update_id": pressed["update_id"], "callback_query": query}

    def membership(self, chat_id: int, old: str, new: str) -> Update:
        """The bot's own place in a group changes."""
        message = self.message(chat_id)
        member = {
            "chat": message["message"]["chat"],
            "from": message["message"]["from"],
            "date": message["message"]["date"],
            "old_chat_member": {"user": BOT, "status": old},
            "new_chat_member": {"user": BOT, "status": new},
        }
        return {"update_id": message["update_id"], "my_chat_member": member}

    def file(self, content: bytes) -> str:
        """The id of a new file."""
        file_id = f"file-{next(self._ids)}"
        self.files[file_id] = content
        return file_id


def mention(username: str = BOT["username"]) -> dict[str, Any]:
    """A caption that mentions the bot."""
    caption = f"@{username} look"
    entity = {"type": "mention", "offset": 0, "length": len(username) + 1}
    return {"caption": caption, "caption_entities": [entity]}


def hidden_by_privacy_mode(update: Update) -> bool:
    """Whether a bot in privacy mode is not shown it, by core.telegram.org/bots/features.

    It is shown private chats, commands for it and replies to it. (Commands without its name are
    shown only to the bot that wrote last; here they are not.)
    """
    message = update.get("message", {})
    if not message or message["chat"]["type"] == "private":
        return False
    text = message.get("text") or message.get("caption") or ""
    is_command = text.startswith("/") and text.split()[0].endswith(f"@{BOT['username']}")
    replied = message.get("reply_to_message", {}).get("from", {})
    return not is_command and replied.get("id") != BOT["id"]


def _chat(chat_id: int) -> dict[str, Any]:
    if chat_id > 0:
        return {"id": chat_id, "type": "private", "first_name": "Ann"}
    return {"id": chat_id, "type": "supergroup", "title": "Friends"}
