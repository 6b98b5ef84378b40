"""What Telegram refuses comes in another form, and only where nobody is left there is silence."""

import io
import logging

import pytest
from PIL import Image

from tests.bot.fake_inference import is_annotated
from tests.bot.telegram.sending import text_of

NO_PHOTOS = "Bad Request: not enough rights to send photos to the chat"
NO_THREAD = "Bad Request: message thread not found"
BROKEN = "Bad Request: IMAGE_PROCESS_FAILED"


@pytest.fixture
async def running(start_bot):
    """A bot whose Telegram refuses something."""
    async with start_bot() as settings:
        yield settings


pytestmark = pytest.mark.usefixtures("running")


async def answers(telegram, update, *others, n=1):
    await telegram.deliver(update, *others)
    await telegram.until(lambda: len(telegram.answers_to(update)) == n)
    return telegram.answers_to(update)


async def test_what_was_refused_in_passing_is_sent_again(telegram, jpeg):
    telegram.refuse("sendPhoto", BROKEN, times=1)

    (answer,) = await answers(telegram, telegram.people.photo(7, jpeg))

    assert answer.method == "sendPhoto"


@pytest.mark.parametrize(
    "reason", [BROKEN, "Bad Request: PHOTO_INVALID_DIMENSIONS", "Bad Request: something new"]
)
async def test_a_picture_that_is_no_photo_for_telegram_goes_as_a_file(telegram, jpeg, reason):
    telegram.refuse("sendPhoto", reason)

    (answer,) = await answers(telegram, telegram.people.photo(7, jpeg))

    assert answer.method == "sendDocument"
    assert is_annotated(answer.files[0])
    assert text_of(answer).startswith("Sexy, 87% sure")


async def test_where_no_file_is_taken_words_come(telegram, jpeg):
    for method in ("sendPhoto", "sendDocument"):
        telegram.refuse(method, "Bad Request: PHOTO_SAVE_FILE_INVALID")

    (answer,) = await answers(telegram, telegram.people.photo(7, jpeg))

    assert answer.method == "sendMessage"
    assert text_of(answer).startswith("Sexy, 87% sure")
    assert text_of(answer).endswith("(Telegram did not let me send the picture here.)")


async def test_where_photos_are_not_allowed_words_come(telegram, jpeg):
    telegram.refuse("sendPhoto", NO_PHOTOS)

    (answer,) = await answers(telegram, telegram.people.photo(7, jpeg))

    assert answer.method == "sendMessage"
    assert telegram.calls["sendDocument"] == 0


async def test_a_thread_that_is_gone_is_answered_in_the_chat(telegram, jpeg):
    telegram.refuse("sendPhoto", NO_THREAD, when=lambda form: "message_thread_id" in form)
    update = telegram.people.photo(7, jpeg, message_thread_id=5, is_topic_message=True)

    (answer,) = await answers(telegram, update)

    assert "message_thread_id" not in answer.form


@pytest.mark.parametrize("method", ["sendPhoto", "sendMessage"])
async def test_a_message_that_cannot_be_replied_to_is_answered_all_the_same(telegram, jpeg, method):
    reason = "Bad Request: message to be replied not found"
    telegram.refuse(method, reason, when=lambda form: "reply_parameters" in form)
    people = telegram.people

    await telegram.deliver(people.photo(7, jpeg) if method == "sendPhoto" else people.text(7, "?"))
    await telegram.until(lambda: telegram.sent)

    assert [sent.method for sent in telegram.sent] == [method]


async def test_an_album_that_fails_comes_one_by_one(telegram, jpeg):
    telegram.refuse("sendMediaGroup", "Bad Request: group send failed")
    album = telegram.people.album(7, [jpeg] * 3)

    pictures = await answers(telegram, *album, n=3)

    assert [sent.method for sent in pictures] == ["sendPhoto"] * 3
    assert text_of(pictures[0]).startswith("1. Sexy")
    assert [text_of(sent) for sent in pictures[1:]] == ["", ""]
    assert telegram.limits.violations == []


async def test_one_picture_that_telegram_cannot_read_does_not_spoil_its_album(telegram, jpeg):
    telegram.refuse("sendMediaGroup", BROKEN)
    wide = io.BytesIO()
    Image.new("RGB", (640, 64)).save(wide, "JPEG")
    telegram.refuse("sendPhoto", BROKEN, when=lambda form: "caption" not in form, times=3)
    album = telegram.people.album(7, [jpeg, wide.getvalue()])

    pictures = await answers(telegram, *album, n=2)

    assert [sent.method for sent in pictures] == ["sendPhoto", "sendDocument"]


@pytest.mark.parametrize(
    ("status", "reason", "counted"),
    [
        (400, "Bad Request: chat not found", "chat not found"),
        (403, "Forbidden: bot was blocked by the user", "blocked by the user"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "kicked"),
        (403, "Forbidden: user is deactivated", "deactivated"),
        (403, "Forbidden: something new", "forbidden"),
    ],
)
async def test_only_where_nobody_is_left_it_ends_and_the_reason_is_counted(  # noqa: PLR0917
    telegram, jpeg, caplog, status, reason, counted
):
    caplog.set_level(logging.INFO)
    telegram.refuse("sendPhoto", reason, status=status, when=lambda form: form["chat_id"] == "7")
    other = telegram.people.photo(8, jpeg)
    await telegram.deliver(telegram.people.photo(7, jpeg))
    await telegram.until(lambda: telegram.refusals)
    await telegram.deliver(other)
    await telegram.until(lambda: telegram.answers_to(other))

    assert telegram.texts(7) == []
    assert telegram.calls["sendPhoto"] == 2
    assert f"ends without an answer: {counted}" in caplog.text
