"""An answered job as one message: a photo, a file, or an album. Pure: no network, no clock."""

from collections.abc import Sequence

from aiogram.methods import SendDocument, SendMediaGroup, SendPhoto
from aiogram.types import BufferedInputFile, InputMediaDocument, InputMediaPhoto

from bot.inference.client import Annotated
from bot.record.jobs import Job
from bot.telegram.delivery import Send
from bot.telegram.replies import reply_to, say
from bot.words import messages

Outcome = Annotated | str
"""What became of one photo; a string is the code of its rejection."""

MAX_PHOTO_BYTES = 10_000_000
MAX_PHOTO_SIDES = 10_000
"""Width and height together."""
MAX_PHOTO_ASPECT = 20


def answer(job: Job, outcomes: Sequence[Outcome]) -> Send:
    """The one message that answers `job`; `outcomes` are those of its photos, in order.

    Telegram shows the first caption of an album as the album's own, so that one numbers them all.
    """
    words = _words(outcomes)
    annotated = [outcome for outcome in outcomes if isinstance(outcome, Annotated)]
    match annotated:
        case []:
            return say(job.first, words)
        case [single]:
            return _send_single(job, single, words)
        case several:
            return _send_album(job, several, words)


def _words(outcomes: Sequence[Outcome]) -> str:
    match outcomes:
        case [Annotated() as single]:
            return messages.caption(single.prediction)
        case [str() as code]:
            return messages.rejected(code)
    results = [outcome if isinstance(outcome, str) else outcome.prediction for outcome in outcomes]
    return messages.album_caption(enumerate(results, 1))


def _send_single(job: Job, annotated: Annotated, words: str) -> SendPhoto | SendDocument:
    file = BufferedInputFile(annotated.jpeg, "annotated.jpg")
    chat_id, thread_id, to = job.first.chat_id, job.first.thread_id, reply_to(job.first)
    if fits_a_photo(annotated):
        return SendPhoto(
            chat_id=chat_id,
            message_thread_id=thread_id,
            photo=file,
            caption=words,
            reply_parameters=to,
        )
    return SendDocument(
        chat_id=chat_id,
        message_thread_id=thread_id,
        document=file,
        caption=words,
        reply_parameters=to,
    )


def _send_album(job: Job, several: Sequence[Annotated], words: str) -> SendMediaGroup:
    kind = InputMediaPhoto if all(map(fits_a_photo, several)) else InputMediaDocument
    media = [
        kind(
            media=BufferedInputFile(annotated.jpeg, f"annotated-{number}.jpg"),
            caption=words if number == 1 else None,
        )
        for number, annotated in enumerate(several, 1)
    ]
    return SendMediaGroup(
        chat_id=job.first.chat_id,
        message_thread_id=job.first.thread_id,
        media=list(media),
        reply_parameters=reply_to(job.first),
    )


def fits_a_photo(annotated: Annotated) -> bool:
    """Whether Telegram takes it as a photo; otherwise it goes as a file."""
    size = annotated.prediction.image
    long, short = max(size.width, size.height), min(size.width, size.height)
    return (
        len(annotated.jpeg) <= MAX_PHOTO_BYTES
        and long + short <= MAX_PHOTO_SIDES
        and long <= short * MAX_PHOTO_ASPECT
    )
