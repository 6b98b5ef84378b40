"""An update is read as far as it is needed, whatever stands beside."""

import copy

import pytest
from aiogram import Bot

from bot.intake.reading import UnreadableError, read_update
from tests.bot.telegram.people import BOT, People

NEEDED = {"update_id", "message_id", "chat", "photo"}
STRANGE = [None, 7, "new", [], {}, {"type": "telepathy"}, [{"x": 1}]]


@pytest.fixture(scope="session")
def bot():
    return Bot("1:a")


def full_update():
    """A photo with many things beside it."""
    people = People()
    other = people.photo(-50, b"image")["message"]
    return people.photo(
        -50,
        b"image",
        caption="@appeal_test_bot",
        caption_entities=[{"type": "mention", "offset": 0, "length": 16}],
        media_group_id="a",
        message_thread_id=5,
        is_topic_message=True,
        has_media_spoiler=True,
        sender_chat={"id": -50, "type": "supergroup", "title": "Friends"},
        forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "Bob"},
        reply_to_message=other | {"from": BOT},
        external_reply={"origin": {"type": "hidden_user", "date": 1, "sender_user_name": "B"}},
        quote={"text": "x", "position": 0},
        link_preview_options={"is_disabled": True},
        reply_markup={"inline_keyboard": [[{"text": "a", "url": "https://example.org"}]]},
        edit_date=1,
        via_bot=BOT,
        poll={"id": "1", "question": "?", "options": [], "total_voter_count": 0, "type": "new"},
        successful_payment={"currency": "XTR"},
    )


def fields(part, path=()):
    """The path of each field below `part`."""
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for name, value in items:
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from fields(value, (*path, name))


def is_needed(path) -> bool:
    named = [step for step in path[:2] if step in NEEDED]
    deep = path[2:]
    return path in {("update_id",), ("message",)} or (
        bool(named) and (not deep or (path[1] == "chat" and deep == ("id",)))
    )


BESIDE = [path for path in fields(full_update()) if not is_needed(path)]


def changed(path, value):
    update = copy.deepcopy(full_update())
    holder = update
    for step in path[:-1]:
        holder = holder[step]
    if value is KeyError:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return update


@pytest.mark.parametrize("value", [KeyError, *STRANGE], ids=repr)
def test_a_photo_is_read_whatever_is_strange_beside_it(bot, value):
    lost = []
    for path in BESIDE:
        message = read_update(changed(path, value), bot).message
        if message is None or message.chat.id != -50 or not message.photo:
            lost.append(path)

    assert lost == []


def test_what_is_understood_stays_where_something_else_is_not(bot):
    update = changed(("message", "forward_origin"), {"type": "telepathy"})

    message = read_update(update, bot).message

    assert message.forward_origin is None
    assert message.caption_entities
    assert message.media_group_id == "a"
    assert message.has_media_spoiler
    assert len(message.photo) == 3


@pytest.mark.parametrize("path", [("message",), ("message", "chat"), ("message", "chat", "id")])
def test_what_has_no_chat_cannot_be_answered(bot, path):
    with pytest.raises(UnreadableError):
        read_update(changed(path, KeyError), bot)


def test_an_update_of_an_unknown_kind_cannot_be_read(bot):
    with pytest.raises(UnreadableError, match="unknown kind"):
        read_update({"update_id": 1, "telepathy": {"thought": "hello"}}, bot)


def test_a_button_is_read_where_its_message_is_strange(bot):
    update = People().button(7, "language:ru")
    update["callback_query"]["message"]["chat"]["type"] = 7
    update["callback_query"]["message"]["poll"] = {"id": 1}

    assert read_update(update, bot).callback_query.data == "language:ru"
