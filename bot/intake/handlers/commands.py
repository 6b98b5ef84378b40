"""The commands and the buttons of /language."""

from aiogram import F, Router
from aiogram.filters import Command, CommandStart
from aiogram.methods import TelegramMethod
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, User
from aiogram.utils.i18n import I18n

from bot.record.jobs import Record
from bot.words import messages

Answer = TelegramMethod[Message]
CHOICE = "language:"


def create_router() -> Router:
    """Every command that is in the menu."""
    router = Router(name="commands")
    router.message(CommandStart())(start)
    router.message(Command("help"))(show_help)
    router.message(Command("privacy"))(show_privacy)
    router.message(Command("language"))(show_languages)
    router.message(Command("forget"), F.from_user.as_("user"))(forget)
    router.callback_query(F.data.startswith(CHOICE))(choose_language)
    return router


async def start(message: Message) -> Answer:
    """What this is."""
    return message.answer(messages.start())


async def show_help(message: Message) -> Answer:
    """How to use it."""
    return message.answer(messages.help_text())


async def show_privacy(message: Message) -> Answer:
    """What is kept, and for how long."""
    return message.answer(messages.privacy())


async def show_languages(message: Message) -> Answer:
    """One button a language."""
    buttons = [
        InlineKeyboardButton(text=name, callback_data=CHOICE + code)
        for code, name in messages.LANGUAGES.items()
    ]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[buttons])
    return message.answer(messages.choose_language(), reply_markup=keyboard)


async def choose_language(
    callback: CallbackQuery, record: Record, i18n: I18n
) -> TelegramMethod[bool]:
    """Remember the choice and say so in the new language."""
    language = (callback.data or "").removeprefix(CHOICE)
    if language not in messages.LANGUAGES:
        return callback.answer()
    await record.choose_language(callback.from_user.id, language)
    with i18n.use_locale(language):
        return callback.answer(messages.language_chosen())


async def forget(message: Message, user: User, record: Record) -> Answer:
    """Remove all that is known of the user."""
    return message.answer(messages.forgotten(await record.forget(user.id)))
