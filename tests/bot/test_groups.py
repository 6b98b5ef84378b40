"""Groups as they are: captions, albums, privacy mode, spoilers, other chats, anonymous admins."""

import logging

import pytest

from tests.bot.fake_inference import is_annotated
from tests.bot.telegram.people import BOT, mention
from tests.bot.telegram.sending import text_of

GROUP = -50
ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
needs_bot = pytest.mark.usefixtures("bot")


def command(text: str) -> dict[str, object]:
    """A caption that starts with a command."""
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    return {"caption": text, "caption_entities": [entity]}


async def answer_to(telegram, update):
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.answers_to(update))
    return telegram.answers_to(update)[0]


@needs_bot
@pytest.mark.parametrize("caption", ["/start", "/privacy policy of our shop", "/unknown"])
async def test_a_photo_is_looked_at_whatever_its_caption_commands(telegram, jpeg, caption):
    answer = await answer_to(telegram, telegram.people.photo(7, jpeg, **command(caption)))

    assert is_annotated(answer.files[0])


@needs_bot
async def test_an_album_captioned_by_a_command_is_answered_whole(telegram, jpeg):
    first, *others = telegram.people.album(7, [jpeg] * 3)
    first["message"].update(command("/help"))
    await telegram.deliver(first, *others)
    await telegram.until(lambda: telegram.sent)

    assert len(telegram.sent[0].files) == 3


@needs_bot
async def test_an_album_is_answered_whole_wherever_the_mention_stands(telegram, jpeg):
    album = telegram.people.album(GROUP, [jpeg] * 3)
    album[1]["message"].update(mention())
    await telegram.deliver(*album)
    await telegram.until(lambda: telegram.sent)

    assert len(telegram.sent[0].files) == 3
    assert telegram.sent[0].reply_to == album[0]["message"]["message_id"]


@needs_bot
async def test_an_album_of_strangers_is_left_alone(telegram, inference, jpeg):
    await telegram.deliver(*telegram.people.album(GROUP, [jpeg] * 3))
    await answer_to(telegram, telegram.people.photo(8, jpeg))

    assert inference.calls == 1


@needs_bot
@pytest.mark.parametrize("covered", [True, False])
async def test_what_came_under_a_spoiler_is_answered_under_one(telegram, jpeg, covered):
    single = telegram.people.photo(7, jpeg, has_media_spoiler=covered)
    album = telegram.people.album(8, [jpeg] * 2, has_media_spoiler=covered)
    await telegram.deliver(single, *album)
    await telegram.until(lambda: len(telegram.sent) == 2)

    for sent in telegram.sent:
        text = sent.form.get("has_spoiler", sent.form.get("media", ""))
        assert ("true" in text.lower()) is covered


def from_another_chat(people, jpeg, **content):
    """`external_reply`, as Telegram gives what a reply from another chat refers to."""
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Bob"}
    photo = people.photo(99, jpeg)["message"]["photo"]
    return {"origin": origin, "photo": photo, **content}


@needs_bot
async def test_a_mention_in_reply_to_a_photo_of_another_chat_is_answered_where_it_stands(
    telegram, jpeg
):
    words = mention()
    update = telegram.people.text(
        GROUP,
        words["caption"],
        entities=words["caption_entities"],
        external_reply=from_another_chat(telegram.people, jpeg),
    )

    assert is_annotated((await answer_to(telegram, update)).files[0])


@needs_bot
async def test_what_cannot_be_seen_of_another_chat_is_explained(telegram, jpeg):
    words = mention()
    reply = from_another_chat(telegram.people, jpeg)
    reply.pop("photo")
    update = telegram.people.text(
        GROUP, words["caption"], entities=words["caption_entities"], external_reply=reply
    )

    assert text_of(await answer_to(telegram, update)).startswith("I cannot see a photo there")


async def test_anonymous_admins_of_two_groups_share_no_limit(start_bot, telegram, inference, jpeg):
    photos = []
    for group in (GROUP, GROUP - 1):
        update = telegram.people.photo(group, jpeg, **mention())
        update["message"]["from"] = ANONYMOUS
        update["message"]["sender_chat"] = update["message"]["chat"]
        photos.append(update)
    async with start_bot(max_waiting_per_user=1):
        inference.n_faces = 1
        await telegram.deliver(*photos)
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))

    assert all(sent.files for sent in telegram.sent)


@needs_bot
@pytest.mark.parametrize("words", [f"/rate@{BOT['username']}", f"/RATE@{BOT['username']}"])
async def test_a_command_asks_about_the_photo_it_replies_to(telegram, jpeg, words):
    photo = telegram.people.photo(GROUP, jpeg)["message"]
    await telegram.deliver(telegram.people.text(GROUP, words, reply_to_message=photo))
    await telegram.until(lambda: telegram.sent)

    assert telegram.sent[0].reply_to == photo["message_id"]
    assert telegram.sent[0].files


@needs_bot
async def test_another_command_in_reply_to_a_photo_does_what_it_says(telegram, inference, jpeg):
    photo = telegram.people.photo(GROUP, jpeg)["message"]
    update = telegram.people.text(GROUP, f"/help@{BOT['username']}", reply_to_message=photo)

    assert text_of(await answer_to(telegram, update)).startswith("Send one photo")
    assert inference.calls == 0


async def test_in_privacy_mode_the_bot_says_what_it_will_not_see(start_bot, telegram, jpeg, caplog):
    caplog.set_level(logging.INFO)
    telegram.privacy_mode = True
    photo = telegram.people.photo(GROUP, jpeg)
    mentioned = telegram.people.photo(GROUP, jpeg, **mention())
    asked = telegram.people.text(
        GROUP, f"/rate@{BOT['username']}", reply_to_message=photo["message"]
    )
    private = telegram.people.photo(7, jpeg)
    async with start_bot():
        await telegram.deliver(photo, mentioned, asked, private)
        await telegram.until(lambda: len(telegram.sent) == 2)

    assert "privacy mode on" in caplog.text
    assert telegram.answers_to(photo)
    assert telegram.answers_to(private)
    assert telegram.answers_to(mentioned) == []


async def test_without_privacy_mode_there_is_nothing_to_say(start_bot, caplog):
    caplog.set_level(logging.INFO)
    async with start_bot():
        pass

    assert "privacy mode" not in caplog.text


@needs_bot
async def test_added_to_a_group_the_bot_says_once_what_it_needs(telegram, jpeg):
    joined = telegram.people.membership(GROUP, "left", "member")
    left = telegram.people.membership(GROUP, "member", "kicked") | {"update_id": 5000}
    left["my_chat_member"]["new_chat_member"]["until_date"] = 0
    await telegram.deliver(joined, left)
    await answer_to(telegram, telegram.people.photo(8, jpeg) | {"update_id": 5001})
    await telegram.until(lambda: telegram.texts(GROUP))

    (words,) = telegram.texts(GROUP)
    assert "/rate@appeal_test_bot" in words
    assert telegram.refusals == []
