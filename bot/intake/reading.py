"""An update as aiogram's types, whatever else a newer Bot API put beside what is needed.

Read strictly first. Where that fails, required fields that the bot does not need get a default,
and each part that is not understood is left out, the smallest that will do, until the rest is.
"""

from copy import deepcopy
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError
from pydantic import ValidationError

MOST_CUTS = 50
Path = tuple[int | str, ...]


class UnreadableError(Exception):
    """Nothing that the bot could answer is left of the update."""


def read_update(raw: dict[str, Any], bot: Bot) -> Update:
    """Raises UnreadableError."""
    try:
        update = _validated(raw, bot)
    except ValidationError:
        update = _read_leniently(deepcopy(raw), bot)
    try:
        _ = update.event_type
    except UpdateTypeLookupError as error:
        raise UnreadableError("unknown kind") from error
    return update


def _validated(raw: dict[str, Any], bot: Bot) -> Update:
    return Update.model_validate(raw, context={"bot": bot})


def _read_leniently(raw: dict[str, Any], bot: Bot) -> Update:
    for kind in ("message", "callback_query"):
        _complete(raw.get(kind))
    for _ in range(MOST_CUTS):
        try:
            return _validated(raw, bot)
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False)
        # all are found before any is cut: another problem of a part that is gone, a union has
        # several, would cut what holds it; the last of a list goes first, so that no index moves
        paths = {_existing(raw, problem["loc"]) for problem in problems}
        for path in sorted(paths, key=_depth_and_index, reverse=True):
            _cut(raw, path)
    raise UnreadableError("too much of it is strange")


def _complete(message: Any) -> None:
    """Give defaults to what aiogram requires and the bot can do without."""
    if not isinstance(message, dict):
        return
    chat = message.get("chat")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    is_private = isinstance(chat_id, int) and chat_id > 0
    _default(message, date=0)
    _default(chat, type="private" if is_private else "supergroup")
    _default(message.get("from"), is_bot=False, first_name="")
    sizes = message.get("photo")
    for file in [message.get("document"), *(sizes if isinstance(sizes, list) else [])]:
        _default(file, file_unique_id="", width=0, height=0)
    for nested in ("reply_to_message", "message"):
        _complete(message.get(nested))


def _default(part: Any, **defaults: bool | str | int) -> None:
    for name, default in defaults.items():
        if isinstance(part, dict) and not isinstance(part.get(name), type(default)):
            part[name] = default


def _existing(raw: Any, path: Path) -> Path:
    """The path as far as there is something."""
    part, there = raw, 0
    for step in path:
        if not (step in part if isinstance(part, dict) else _is_index(step, part)):
            break
        part, there = part[step], there + 1
    return tuple(path[:there])


def _depth_and_index(path: Path) -> tuple[int, int]:
    return len(path), path[-1] if path and isinstance(path[-1], int) else -1


def _cut(raw: Any, path: Path) -> None:
    """Delete what lies at the path, if it still does."""
    if path and _existing(raw, path) == path:
        *above, last = path
        holder = raw
        for step in above:
            holder = holder[step]
        del holder[last]


def _is_index(step: int | str, part: Any) -> bool:
    return isinstance(part, list) and isinstance(step, int) and step < len(part)
