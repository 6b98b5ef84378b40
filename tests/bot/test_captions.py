"""What stands under a picture."""

import pytest

from tests.bot.telegram.sending import text_of

pytestmark = pytest.mark.usefixtures("bot")
GAME = "\nOnly a game: it measures nothing."


async def answer_to(telegram, update):
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.answers_to(update))
    return telegram.answers_to(update)[0]


async def test_several_faces_are_numbered(telegram, inference, jpeg):
    inference.n_faces = 2

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer) == "1) Sexy, 87% sure\n2) Sexy, 87% sure" + GAME


@pytest.mark.parametrize(
    ("verdict", "reason", "text"),
    [
        ("not_sure", "near_the_cut", "not sure: it could be either label"),
        ("not_sure", "too_small", "not sure: the face is too small"),
        ("not_sure", "unclear", "not sure: the face is hard to see"),
        ("not_sure", "a_reason_of_tomorrow", "not sure"),
        ("a_verdict_of_tomorrow", "none", "not sure"),
        ("no_label_for_children", "looks_under_age", "no label: this may be a child"),
    ],
)
async def test_a_face_without_a_label_has_words(  # noqa: PLR0917
    telegram, inference, jpeg, verdict, reason, text
):
    inference.said = {
        "verdict": verdict, "reason": reason, "label": "unseen", "probability": None,
    }  # fmt: skip

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer) == text + GAME


async def test_more_faces_than_are_named_one_by_one_are_summed_up(telegram, inference, jpeg):
    inference.n_faces = 40

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer) == "40 faces: 40 Sexy" + GAME


async def test_a_caption_that_is_too_long_keeps_its_first_faces(telegram, inference, jpeg):
    inference.n_faces, inference.label = 10, "🦊" * 100

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer).startswith("1) 🦊")
    assert text_of(answer).endswith("\n…")


async def test_a_label_of_markup_is_shown_as_it_is(telegram, inference, jpeg):
    inference.label = "<b>&"

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer) == "<b>&, 87% sure" + GAME
    assert "parse_mode" not in answer.form


async def test_what_is_missing_in_an_album_is_said_however_long_the_rest_is(
    telegram, inference, jpeg
):
    inference.n_faces, inference.label = 10, "🦊" * 40
    await telegram.deliver(*telegram.people.album(7, [jpeg] * 8 + [b"text"]))
    await telegram.until(lambda: telegram.sent)

    words = text_of(telegram.sent[0])
    assert "Your photo no. 9 is missing" in words
    assert "1. 10 faces: 10 🦊" in words


async def test_among_many_faces_those_without_a_label_are_counted_as_such(
    telegram, inference, jpeg
):
    inference.n_faces = 12
    inference.said = {
        "verdict": "not_sure", "reason": "unclear", "label": "unseen", "probability": None,
    }  # fmt: skip

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer).splitlines()[0] == "12 faces: 12 not sure: the face is hard to see"
