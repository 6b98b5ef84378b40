"""The bot is added to a group: it says once what it needs there."""

from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import JOIN_TRANSITION, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUpdated, Update
from aiogram.utils.i18n import I18n

from bot.record.clock import steady_time
from bot.record.jobs import NO_MESSAGE, Words


def create_router() -> Router:
    """Only groups: in private Telegram shows /start, and channels are not served."""
    router = Router(name="membership")
    is_group = F.chat.type.in_({ChatType.GROUP, ChatType.SUPERGROUP})
    router.my_chat_member(ChatMemberUpdatedFilter(JOIN_TRANSITION), is_group)(greet)
    return router


async def greet(event: ChatMemberUpdated, event_update: Update, i18n: I18n) -> Words:
    """Words to the group, in the language of whoever added the bot."""
    return Words(
        update_id=event_update.update_id,
        chat_id=event.chat.id,
        message_id=NO_MESSAGE,
        user_id=event.from_user.id,
        language=i18n.current_locale,
        received_at=steady_time(),
        topic="added",
    )
