"""What the words in the record say: the name that is kept there, and the message that it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.record.jobs import Words
from bot.words import messages

CHOICE = "language:"


@dataclass(slots=True)
class Facts:
    """What some messages tell of this bot; known only after the start."""

    username: str = ""
    lower_label: str = ""
    upper_label: str = ""


def text_of(words: Words, facts: Facts) -> str | None:
    """The words in the language of the context; None for a topic of another version."""
    topics: Mapping[str, Callable[..., str]] = {
        "start": lambda: messages.start(_labels(facts)),
        "help": lambda: messages.help_text(facts.username),
        "added": lambda: messages.added(facts.username),
        "privacy": messages.privacy,
        "language": messages.choose_language,
        "forgotten": messages.forgotten,
        "cancelled": messages.cancelled,
        "hint": messages.hint,
        "not_seen": messages.not_seen,
        "file_too_large": messages.file_too_large,
        "too_many": messages.too_many,
    }
    topic = topics.get(words.topic)
    return topic and topic(*words.values)


def keyboard_of(words: Words) -> InlineKeyboardMarkup | None:
    """The buttons under the words, if any: one for each language."""
    if words.topic != "language":
        return None
    buttons = [
        InlineKeyboardButton(text=name, callback_data=CHOICE + code)
        for code, name in messages.LANGUAGES.items()
    ]
    return InlineKeyboardMarkup(inline_keyboard=[buttons])


def _labels(facts: Facts) -> str:
    if not facts.lower_label:
        return ""
    return messages.labels(facts.lower_label, facts.upper_label)
