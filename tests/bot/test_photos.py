"""Photos as people send them, and what comes back."""

import io

import pillow_heif
import pytest
from PIL import Image

from bot.record.jobs import REMEMBER_S
from tests.bot.fake_inference import is_annotated
from tests.bot.telegram.people import BOT, mention
from tests.bot.telegram.sending import text_of

pytestmark = pytest.mark.usefixtures("bot")
GAME = "\nOnly a game: it measures nothing."


async def answer_to(telegram, update):
    """The one answer, after the bot had every chance to send another."""
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.answers_to(update))
    (answer,) = telegram.answers_to(update)
    return answer


def heic(size_wh=(64, 48)) -> bytes:
    data = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size_wh, (20, 40, 200))).save(data)
    return data.getvalue()


async def test_a_photo_comes_back_annotated_in_reply(telegram, jpeg):
    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert answer.method == "sendPhoto"
    assert text_of(answer) == "Sexy, 87% sure" + GAME
    assert is_annotated(answer.files[0])
    assert telegram.calls["sendChatAction"] >= 1


async def test_no_face_is_an_answer(telegram, inference, jpeg):
    inference.n_faces = 0

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer).startswith("No face found.")
    assert answer.method == "sendPhoto"


async def test_a_caption_of_markup_and_emoji_changes_nothing(telegram, jpeg):
    update = telegram.people.photo(7, jpeg, caption="<b>" * 300 + "🦊" * 100)

    assert is_annotated((await answer_to(telegram, update)).files[0])


async def test_an_image_sent_as_a_file_is_judged_by_what_it_is(telegram, jpeg):
    answer = await answer_to(telegram, telegram.people.document(7, jpeg, name="notes.txt"))

    assert is_annotated(answer.files[0])


async def test_heic_reaches_the_service_as_it_is(telegram, inference):
    answer = await answer_to(telegram, telegram.people.document(7, heic(), name="IMG.HEIC"))

    # the stand-in reads HEIC only where pillow-heif is registered: what counts is that it was asked
    assert inference.calls == 1
    assert answer.reply_to


async def test_text_named_jpg_is_refused_kindly(telegram):
    answer = await answer_to(telegram, telegram.people.document(7, b"hello", name="me.jpg"))

    assert text_of(answer) == "This is not an image that I can read. Send a photo."


async def test_a_broken_photo_is_refused_kindly(telegram, jpeg):
    answer = await answer_to(telegram, telegram.people.photo(7, jpeg[: len(jpeg) // 2]))

    assert text_of(answer) == "This image is broken or incomplete. Try to send it again."


async def test_a_file_over_the_limit_is_refused_before_the_download(telegram, jpeg):
    answer = await answer_to(telegram, telegram.people.document(7, jpeg, size=40_000_000))

    assert "the limit is 20 MB" in text_of(answer)
    assert telegram.calls["getFile"] == 0


async def test_a_photo_too_wide_for_a_photo_goes_as_a_file(telegram):
    data = io.BytesIO()
    Image.new("RGB", (2100, 100)).save(data, "JPEG")

    answer = await answer_to(telegram, telegram.people.document(7, data.getvalue()))

    assert answer.method == "sendDocument"
    assert is_annotated(answer.files[0])


async def test_an_album_is_answered_as_one_album(telegram, jpeg):
    album = telegram.people.album(7, [jpeg] * 3)
    await telegram.deliver(*album)
    await telegram.until(lambda: telegram.sent)

    (answer,) = telegram.sent
    assert answer.method == "sendMediaGroup"
    assert answer.reply_to == album[0]["message"]["message_id"]
    assert [is_annotated(picture) for picture in answer.files] == [True] * 3
    lines = [f"{number}. Sexy, 87% sure" for number in (1, 2, 3)]
    assert text_of(answer) == "\n".join(lines) + GAME


async def test_a_broken_picture_does_not_spoil_its_album(telegram, jpeg):
    await telegram.deliver(*telegram.people.album(7, [jpeg, b"text", jpeg]))
    await telegram.until(lambda: telegram.sent)

    (answer,) = telegram.sent
    assert len(answer.files) == 2
    assert text_of(answer).splitlines()[:3] == [
        "1. Sexy, 87% sure",
        "2. Sexy, 87% sure",
        "Your photo no. 2 is missing: This is not an image that I can read. Send a photo.",
    ]


async def test_an_album_with_one_good_picture_becomes_a_photo(telegram, jpeg):
    await telegram.deliver(*telegram.people.album(7, [b"text", jpeg]))
    await telegram.until(lambda: telegram.sent)

    (answer,) = telegram.sent
    assert answer.method == "sendPhoto"
    assert text_of(answer).splitlines()[0] == "1. Sexy, 87% sure"
    assert text_of(answer).splitlines()[1].startswith("Your photo no. 1 is missing")


async def test_an_album_of_broken_pictures_is_answered_in_words(telegram):
    await telegram.deliver(*telegram.people.album(7, [b"text", b"text"]))
    await telegram.until(lambda: telegram.sent)

    assert [sent.method for sent in telegram.sent] == ["sendMessage"]


async def test_a_forwarded_photo_is_a_photo(telegram, jpeg):
    origin = {"type": "hidden_user", "sender_user_name": "Bob", "date": 1}
    update = telegram.people.photo(7, jpeg, forward_origin=origin)

    assert is_annotated((await answer_to(telegram, update)).files[0])


@pytest.mark.parametrize(
    "content",
    [mention(), {"reply_to_message": {"from": BOT, "text": "hi", "message_id": 1, "date": 0}}],
    ids=["mentioned", "replied to"],
)
async def test_in_a_group_a_photo_meant_for_the_bot_is_answered(telegram, jpeg, content):
    if "reply_to_message" in content:
        content["reply_to_message"]["chat"] = {"id": -50, "type": "supergroup", "title": "Friends"}
    update = telegram.people.photo(-50, jpeg, **content)

    assert is_annotated((await answer_to(telegram, update)).files[0])


async def test_in_a_group_a_mention_under_a_photo_asks_about_it(telegram, jpeg):
    photo = telegram.people.photo(-50, jpeg)["message"]
    words = mention()
    update = telegram.people.text(
        -50, words["caption"], entities=words["caption_entities"], reply_to_message=photo
    )
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.sent)

    assert telegram.sent[0].reply_to == photo["message_id"]


async def test_in_a_group_all_of_a_mentioning_album_is_answered(telegram, jpeg):
    first, second = telegram.people.album(-50, [jpeg, jpeg])
    first["message"].update(mention())
    await telegram.deliver(first, second)
    await telegram.until(lambda: telegram.sent)

    assert len(telegram.sent[0].files) == 2


def strangers_photo(people, jpeg):
    return people.photo(-50, jpeg)


def mention_of_another(people, jpeg):
    return people.photo(-50, jpeg, **mention("someone_else_bot"))


def edited(people, jpeg):
    update = people.photo(7, jpeg)
    return {"update_id": update["update_id"], "edited_message": update["message"]}


def own(people, jpeg):
    update = people.photo(7, jpeg)
    update["message"]["from"] = BOT
    return update


def unheard_of(people, jpeg):
    return {"update_id": people.text(7, "x")["update_id"], "telepathy": {"thought": "hello"}}


def malformed(people, jpeg):
    return {"update_id": people.text(7, "x")["update_id"], "message": {"message_id": "?"}}


def service_message(people, jpeg):
    return people.message(7, group_chat_created=True)


@pytest.mark.parametrize(
    "make",
    [
        strangers_photo,
        mention_of_another,
        edited,
        own,
        unheard_of,
        malformed,
        service_message,
    ],
)
async def test_what_is_not_for_the_bot_is_passed_over(telegram, jpeg, make):
    await telegram.deliver(make(telegram.people, jpeg))

    await answer_to(telegram, telegram.people.photo(8, jpeg))  # what comes after it is answered

    assert len(telegram.sent) == 1


async def test_a_redelivered_update_is_answered_once(telegram, jpeg):
    update = telegram.people.photo(7, jpeg)
    await answer_to(telegram, update)

    await telegram.deliver(update, telegram.people.text(8, "/start"))
    await telegram.until(lambda: telegram.texts(8))

    assert len(telegram.answers_to(update)) == 1
    assert REMEMBER_S == 24 * 3600
