"""What is said of a face that has no label."""

import pytest

from tests.bot.telegram.sending import text_of

pytestmark = pytest.mark.usefixtures("bot")


async def answer_to(telegram, update):
    """The one answer, after the bot had every chance to send another."""
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.answers_to(update))
    (answer,) = telegram.answers_to(update)
    return answer


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

    assert text_of(answer).splitlines()[0] == text


async def test_among_many_faces_those_without_a_label_are_counted_as_such(
    telegram, inference, jpeg
):
    inference.n_faces = 12
    inference.said = {
        "verdict": "not_sure", "reason": "unclear", "label": "unseen", "probability": None,
    }  # fmt: skip

    answer = await answer_to(telegram, telegram.people.photo(7, jpeg))

    assert text_of(answer).splitlines()[0] == "12 faces: 12 not sure: the face is hard to see"
