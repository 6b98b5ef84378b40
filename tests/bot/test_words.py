"""Commands, hints and languages."""

import json

import pytest

from tests.bot.telegram.sending import text_of

pytestmark = pytest.mark.usefixtures("bot")


async def say(telegram, *updates):
    """Deliver, and wait for one more message."""
    before = len(telegram.sent)
    await telegram.deliver(*updates)
    await telegram.until(lambda: len(telegram.sent) > before)
    return text_of(telegram.sent[-1])


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("/start", "Hello!"),
        ("/start from-a-link", "Hello!"),
        ("/Start", "Hello!"),
        ("start", "Hello!"),
        ("/HELP", "Send one photo"),
        ("Help", "Send one photo"),
        ("/cancel", "Done."),
        ("/help", "Send one photo"),
        ("/privacy", "Your photo is processed in memory and never stored"),
        ("/language", "Which language"),
        ("/forget", "Done. Nothing is kept"),
        ("/unknown", "I only understand photos."),
        ("what?", "I only understand photos."),
    ],
)
async def test_a_word_is_answered_with_words(telegram, command, start):
    assert (await say(telegram, telegram.people.text(7, command))).startswith(start)


@pytest.mark.parametrize(
    "content",
    [
        {"dice": {"emoji": "🎲", "value": 3}},
        {"location": {"latitude": 1.5, "longitude": 2.5}},
        {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}},
        {"hologram": {"depth": 3}},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_what_is_no_photo_gets_a_hint(telegram, content):
    said = await say(telegram, telegram.people.message(7, **content))

    assert said.startswith("I only understand photos.")


async def test_help_names_the_bot(telegram):
    said = await say(telegram, telegram.people.text(7, "/help"))

    assert "/rate@appeal_test_bot" in said


async def test_a_burst_gets_one_hint(telegram):
    burst = [telegram.people.text(7, str(number)) for number in range(5)]
    await say(telegram, *burst, telegram.people.text(7, "/start"))
    await telegram.until(lambda: len(telegram.texts(7)) == 2)

    hint, start = telegram.texts(7)
    assert hint.startswith("I only")
    assert start.startswith("Hello!")


async def test_the_menu_is_registered_in_each_language(telegram):
    menu = ["start", "help", "privacy", "cancel", "language", "forget"]
    await telegram.until(lambda: len(telegram.commands) == 3)

    assert telegram.commands == {"": menu, "de": menu, "ru": menu}


@pytest.mark.parametrize(
    ("code", "start"),
    [("ru", "Здравствуйте!"), ("ru-RU", "Здравствуйте!"), ("pt-br", "Hello!"), ("", "Hello!")],
)
async def test_the_language_is_that_of_the_users_telegram(telegram, code, start):
    assert (await say(telegram, telegram.people.text(7, "/start", language=code))).startswith(start)


async def test_the_choice_of_a_language_stays(telegram, jpeg):
    await say(telegram, telegram.people.text(7, "/language"))
    keyboard = json.loads(telegram.sent[-1].form["reply_markup"])["inline_keyboard"]
    russian = next(each for each in keyboard[0] if each["text"] == "Русский")

    said = await say(telegram, telegram.people.button(7, russian["callback_data"]))

    assert said == "Теперь я говорю с вами по-русски."
    assert await say(telegram, telegram.people.photo(7, jpeg)) == (
        "Sexy, уверенность 87%\nЭто только игра: она ничего не измеряет."
    )


@pytest.mark.parametrize("data", ["language:xx", "of-another-version"])
async def test_a_button_that_is_not_known_is_answered_and_chooses_nothing(telegram, data):
    said = await say(telegram, telegram.people.button(7, data))

    assert said.startswith("This button is from an older version")

    assert (await say(telegram, telegram.people.text(7, "/start"))).startswith("Hello!")


async def test_forget_removes_the_choice_and_what_waits(telegram, inference, jpeg):
    await say(telegram, telegram.people.button(7, "language:ru"))
    waiting = telegram.people.album(7, [jpeg] * 2)

    said = await say(telegram, *waiting, telegram.people.text(7, "/forget"))

    assert said == "Готово. Снято с очереди 2 фото. О вас ничего не хранится."
    assert (await say(telegram, telegram.people.text(7, "/start"))).startswith("Hello!")
    assert inference.calls == 0
