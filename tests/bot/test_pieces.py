"""The small parts, each by its own rules."""

import asyncio
import logging
import time

import pytest
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import GetMe
from hypothesis import given
from hypothesis import strategies as st

from bot.answers.albums import fits_a_photo
from bot.answers.queue_notices import Pace
from bot.inference.client import Annotated
from bot.inference.schemas import Face, ImageSize, Prediction
from bot.logs import Redacting
from bot.settings import Settings
from bot.telegram.bursts import OncePer
from bot.telegram.delivery import backoff_s
from bot.telegram.pacing import ChatBusyError, Pacer
from bot.words.captions import album_caption, telegram_length
from bot.words.language import Catalogs


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["undecodable_image", "not_there", "failed"]),
            st.builds(
                Prediction,
                image=st.just(ImageSize(width=1, height=1)),
                faces=st.lists(
                    st.builds(Face, label=st.text(max_size=200), probability=st.floats(0, 1)),
                    max_size=40,
                ).map(tuple),
            ),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_a_caption_always_fits_and_names_what_is_missing(outcomes):
    with Catalogs().speaking("en"):
        text = album_caption(outcomes)

    assert telegram_length(text) <= 1024
    assert text.count("is missing: ") == sum(isinstance(each, str) for each in outcomes)


def test_what_is_missing_stands_first_where_the_rest_is_too_long():
    face = Face(label="L" * 150, probability=0.9)
    good = Prediction(image=ImageSize(width=1, height=1), faces=(face,))
    with Catalogs().speaking("en"):
        text = album_caption([*[good] * 9, "not_there"])

    assert text.startswith("Your photo no. 10 is missing: ")
    assert text.endswith("\n…")


@given(st.integers(1, 10_000), st.floats(0.5, 100))
def test_backoff_stays_in_its_bounds(attempt, most_s):
    assert 0.25 <= backoff_s(attempt, most_s=most_s) <= most_s


@pytest.mark.parametrize(
    ("n_bytes", "width", "height", "fits"),
    [
        (1, 1, 1, True),
        (10_000_000, 5000, 5000, True),
        (10_000_001, 5000, 5000, False),
        (1, 5001, 5000, False),
        (1, 20, 400, True),
        (1, 401, 20, False),
    ],
)
def test_what_telegram_takes_as_a_photo(n_bytes, width, height, fits):
    prediction = Prediction(image=ImageSize(width=width, height=height), faces=())

    assert fits_a_photo(Annotated(bytes(n_bytes), prediction)) is fits


def test_something_is_said_once_in_a_while():
    now = [0.0]
    once = OncePer(10, clock=lambda: now[0])

    assert [once.first(7), once.first(7), once.first(8)] == [True, False, True]
    now[0] = 10
    assert once.first(7)


def test_a_secret_is_struck_out_of_a_traceback():
    formatter = Redacting("s3cret", "other")
    error = ValueError("GET /bots3cret/getMe")
    facts = (ValueError, error, None)

    line = formatter.format(
        logging.LogRecord("x", logging.ERROR, "x", 1, "the %s", ("other",), facts)
    )

    assert "s3cret" not in line
    assert "other" not in line
    assert "GET /bot[secret]/getMe" in line


def test_a_burst_lasts_until_it_was_quiet():
    now = [0.0]
    burst = OncePer(3, clock=lambda: now[0])

    for number in range(1000):
        assert burst.goes_on("help") is (number > 0)
        burst.note("help")
        now[0] += 2
    now[0] += 1
    assert not burst.goes_on("help")


def test_the_pace_tells_how_long_the_queue_is():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    pace.note(0)
    assert pace.minutes(100) == 0
    for second in range(1, 121):
        now[0] = float(second)
        pace.note(second // 2)

    assert [pace.minutes(waiting) for waiting in (1, 30, 31, 300)] == [1, 1, 2, 10]


async def test_messages_to_many_chats_keep_the_overall_pace():
    pacer = Pacer(messages_per_s=50)
    loop = asyncio.get_running_loop()
    moments = []

    async def send(chat_id: int) -> None:
        async with pacer.turn(chat_id):
            moments.append(loop.time())

    started = loop.time()
    await asyncio.gather(*map(send, range(1, 11)))

    assert moments[-1] - started >= 9 / 50 - 0.001


async def test_a_stall_is_not_made_up_for_by_haste():
    pacer = Pacer(messages_per_s=50)
    loop = asyncio.get_running_loop()
    moments = []

    async def send(chat_id: int) -> None:
        async with pacer.turn(chat_id):
            moments.append(loop.time())

    sending = asyncio.gather(*map(send, range(1, 11)))
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - the stall
    over, before = loop.time(), len(moments)
    await sending

    assert before < 3
    assert moments[-1] - over >= (9 - before) / 50 - 0.001


async def test_a_chat_gets_one_message_at_a_time():
    pacer = Pacer(messages_per_s=30)
    loop = asyncio.get_running_loop()
    spans = []

    async def send() -> None:
        async with pacer.turn(7):
            started = loop.time()
            await asyncio.sleep(0.1)
            spans.append((started, loop.time()))

    await asyncio.gather(send(), send())

    assert spans[1][0] - spans[0][1] >= 1


async def test_a_chat_that_is_to_be_left_alone_for_long_is_not_waited_for():
    pacer = Pacer(messages_per_s=30)
    flood = TelegramRetryAfter(GetMe(), "Too Many Requests", retry_after=3600)

    with pytest.raises(TelegramRetryAfter):
        async with pacer.turn(7):
            raise flood

    with pytest.raises(ChatBusyError) as caught:
        async with pacer.turn(7):
            raise AssertionError("its turn came")
    assert 3500 < caught.value.wait_s <= 3600
    async with pacer.turn(8):
        pass


def test_a_local_server_and_redis_are_settings():
    settings = Settings(
        _env_file=None,
        token="1:a",
        api_server="http://telegram:8081",
        redis_url="redis://redis:6379/0",
    )

    assert settings.bot_id == 1
    assert settings.secrets() == ["1:a"]
    assert "1:a" not in repr(settings)


@pytest.mark.parametrize("token", ["", "hello", "1:", ":a", "a:b", "1: ", "١:a", "1:a b", " 1:a"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(ValueError, match="not a bot token"):
        Settings(_env_file=None, token=token)
