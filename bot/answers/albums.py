"""An answered job as one message: a photo, a file, or an album. Pure: no network, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiogram.methods import SendDocument, SendMediaGroup, SendPhoto
from aiogram.types import BufferedInputFile, InputMediaDocument, InputMediaPhoto

from bot.inference.client import Annotated
from bot.record.jobs import Job
from bot.telegram.refusals import Send
from bot.telegram.replies import reply_to, say
from bot.words import captions, messages

Outcome = Annotated | str
"""What became of one photo; a string is the code of its rejection."""

MAX_PHOTO_BYTES = 10_000_000
MAX_PHOTO_SIDES = 10_000
"""Width and height together."""
MAX_PHOTO_ASPECT = 20


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the answer; `is_covered` as the photo was, by a spoiler."""

    annotated: Annotated
    is_covered: bool


def answer(job: Job, outcomes: Sequence[Outcome]) -> Send:
    """The one message that answers `job`; `outcomes` are those of its photos, in order.

    Telegram shows the first caption of an album as the album's own, so that one numbers them all.
    """
    words = _words(outcomes)
    pictures = [
        Picture(outcome, is_covered=photo.spoiler)
        for photo, outcome in zip(job.photos, outcomes, strict=True)
        if isinstance(outcome, Annotated)
    ]
    match pictures:
        case []:
            return say(job.first, words)
        case [single]:
            return _send_single(job, single, words)
        case several:
            return _send_album(job, several, words)


def _words(outcomes: Sequence[Outcome]) -> str:
    match outcomes:
        case [Annotated() as single]:
            return captions.caption(single.prediction)
        case [str() as code]:
            return messages.rejected(code)
        case [str() as code, *others] if set(others) == {code}:
            return messages.rejected(code)
    results = [outcome if isinstance(outcome, str) else outcome.prediction for outcome in outcomes]
    return captions.album_caption(results)


def _send_single(job: Job, picture: Picture, words: str) -> SendPhoto | SendDocument:
    file = BufferedInputFile(picture.annotated.jpeg, "annotated.jpg")
    chat_id, thread_id, to = job.first.chat_id, job.first.thread_id, reply_to(job.first)
    if fits_a_photo(picture.annotated):
        return SendPhoto(
            chat_id=chat_id,
            message_thread_id=thread_id,
            photo=file,
            caption=words,
            has_spoiler=picture.is_covered or None,
            reply_parameters=to,
        )
    return SendDocument(
        chat_id=chat_id,
        message_thread_id=thread_id,
        document=file,
        caption=words,
        reply_parameters=to,
    )


def _send_album(job: Job, several: Sequence[Picture], words: str) -> SendMediaGroup:
    as_photos = all(fits_a_photo(picture.annotated) for picture in several)
    media: list[InputMediaPhoto | InputMediaDocument] = []
    for number, picture in enumerate(several, 1):
        file = BufferedInputFile(picture.annotated.jpeg, f"annotated-{number}.jpg")
        caption = words if number == 1 else None
        media.append(
            InputMediaPhoto(media=file, caption=caption, has_spoiler=picture.is_covered or None)
            if as_photos
            else InputMediaDocument(media=file, caption=caption)
        )
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
