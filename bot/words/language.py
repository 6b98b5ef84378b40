"""Which language an update is answered in, and where its words come from."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from aiogram.types import TelegramObject, User
from aiogram.utils.i18n import I18n, I18nMiddleware
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.record.jobs import Record
from bot.words.messages import LANGUAGES, LOCALES

DEFAULT_LANGUAGE = "en"


class Catalogs(I18n):
    """aiogram's I18n reading the `.po` files themselves: nothing compiled to keep in step."""

    def __init__(self) -> None:
        super().__init__(path=LOCALES, default_locale=DEFAULT_LANGUAGE, domain="bot")

    def find_locales(self) -> dict[str, gettext.GNUTranslations]:
        """The catalogs by language."""
        paths = self.path.glob(f"*/LC_MESSAGES/{self.domain}.po")
        return {path.parts[-3]: _load(path) for path in paths}

    @contextmanager
    def context(self) -> Iterator[I18n]:
        """Make this the current I18n: of the base class, which is the one that gettext asks."""
        token = I18n.set_current(self)
        try:
            yield self
        finally:
            I18n.reset_current(token)

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Within the body, `messages` speaks `language`."""
        with self.context(), self.use_locale(language):
            yield


class LanguageMiddleware(I18nMiddleware):
    """Speaks the language that the user chose, or else the one that their Telegram speaks."""

    def __init__(self, catalogs: Catalogs, record: Record) -> None:
        super().__init__(catalogs)
        self._record = record

    async def get_locale(self, event: TelegramObject, data: dict[str, object]) -> str:  # noqa: ARG002
        """One of LANGUAGES."""
        user = data.get("event_from_user")
        if not isinstance(user, User):
            return DEFAULT_LANGUAGE
        return await self._record.language(user.id) or closest_language(user.language_code)


def closest_language(code: str | None) -> str:
    """The language to speak with a Telegram client of language `code`, an IETF tag.

    >>> closest_language("ru-RU"), closest_language("pt-br"), closest_language(None)
    ('ru', 'en', 'en')
    """
    language = (code or "").split("-")[0].lower()
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def _load(path: Path) -> gettext.GNUTranslations:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
