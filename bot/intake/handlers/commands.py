"""The commands and the buttons of /language."""

from collections.abc import Awaitable, Callable

from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandStart, or_f
from aiogram.methods import TelegramMethod
from aiogram.types import CallbackQuery, Message, Update
from aiogram.utils.i18n import I18n

from bot.intake.handlers.entries import asker_of, say_topic, words_of
from bot.record.jobs import Record, Words
from bot.words import messages
from bot.words.topics import CHOICE

BARE = {"start": {"start", "старт"}, "help": {"help", "помощь", "справка"}}
"""What people write who forget the stroke."""


def create_router() -> Router:
    """Every command that is in the menu."""
    router = Router(name="commands")
    start = CommandStart(ignore_case=True)
    router.message(F.text, or_f(start, _bare("start")))(say_topic("start"))
    router.message(F.text, or_f(_command("help"), _bare("help")))(say_topic("help"))
    router.message(F.text, _command("privacy"))(say_topic("privacy"))
    router.message(F.text, _command("language"))(say_topic("language"))
    router.message(F.text, _command("cancel"))(cancel)
    router.message(F.text, _command("forget"))(forget)
    router.callback_query(F.data.startswith(CHOICE))(choose_language)
    router.callback_query()(explain_old_button)
    return router


def _command(name: str) -> Command:
    return Command(name, ignore_case=True)


def _bare(name: str) -> Callable[[Message], Awaitable[bool]]:
    async def is_bare(message: Message) -> bool:
        is_private = message.chat.type == ChatType.PRIVATE
        return is_private and (message.text or "").strip().lower() in BARE[name]

    return is_bare


async def choose_language(
    callback: CallbackQuery, record: Record, i18n: I18n
) -> TelegramMethod[bool]:
    """Remember the choice and say so in the new language."""
    language = (callback.data or "").removeprefix(CHOICE)
    if language not in messages.LANGUAGES:
        return callback.answer(messages.old_button())
    await record.choose_language(callback.from_user.id, language)
    with i18n.use_locale(language):
        return callback.answer(messages.language_chosen())


async def explain_old_button(callback: CallbackQuery) -> TelegramMethod[bool]:
    """A button is always answered: Telegram shows it as busy until then."""
    return callback.answer(messages.old_button())


async def cancel(message: Message, event_update: Update, i18n: I18n, record: Record) -> Words:
    """Drop the photos that wait."""
    dropped = await record.forget(asker_of(message), photos_only=True)
    say = words_of(message, event_update, i18n)
    return say("cancelled", dropped.dropped, dropped.on_their_way)


async def forget(message: Message, event_update: Update, i18n: I18n, record: Record) -> Words:
    """Remove all that is known of the user."""
    forgotten = await record.forget(asker_of(message))
    say = words_of(message, event_update, i18n)
    return say("forgotten", forgotten.dropped, forgotten.on_their_way)
