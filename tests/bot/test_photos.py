"""Photos as people send them, and what comes back."""

import pytest

from tests.bot.fake_inference import is_annotated
from tests.bot.telegram.people import BOT, mention
from tests.bot.telegram.sending import text_of

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_photo_comes_back_annotated_in_reply(telegram, jpeg):
    update = telegram.people.photo(7, jpeg)

    await telegram.deliver(update)
    await telegram.until(lambda: telegram.answers_to(update))

    (answer,) = telegram.answers_to(update)
    assert answer.method == "sendPhoto"
    assert text_of(answer) == "Sexy, 87% sure"
    assert is_annotated(answer.files[0])
    assert telegram.calls["sendChatAction"] >= 1
