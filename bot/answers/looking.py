"""From a job to what was found in each of its photos: download them, ask the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiogram.enums import ChatAction
from aiogram.methods import SendChatAction

from bot.answers.albums import Outcome
from bot.answers.downloads import NOT_THERE, DownloadError, download, locate
from bot.answers.suspicion import Suspicion
from bot.inference.client import InferenceClient
from bot.inference.errors import InferenceError, PhotoRejectedError
from bot.record.clock import steady_time
from bot.record.jobs import Job, Photo
from bot.shared import Shared

ACTION_LASTS_S = 5
AGAIN_AFTER_S = 0.5
FAILED = "failed"
"""It was tried for too long."""
BREAKS = "breaks"
"""The service fails on it, and answers others."""
GIVEN_UP = {FAILED, BREAKS, NOT_THERE}


class Looking:
    """Shared by all jobs that are looked at.

    file_patience_s: how long a file that Telegram does not find is asked for again.
    """

    def __init__(
        self, shared: Shared, inference: InferenceClient, *, file_patience_s: float
    ) -> None:
        self._bot = shared.bot
        self._delivery = shared.delivery
        self._inference = inference
        self._file_patience_s = file_patience_s
        self._suspicion = Suspicion()

    async def look_at(self, job: Job, *, final: bool) -> list[Outcome]:
        """What became of each photo, in order. `final`: whatever fails now has failed.

        Raises InferenceError, DownloadError or AiogramError where the job is to be tried again;
        one photo that fails does not keep the others from being looked at.
        """
        async with self._showing_work(job.photos[0]):
            found = [await self._find(photo, final=final) for photo in job.photos]
            outcomes = [
                await self._outcome(photo, place, final=final)
                for photo, place in zip(job.photos, found, strict=True)
            ]
        return _settled(outcomes, give_up_files=_age_s(job) > self._file_patience_s)

    async def _find(self, photo: Photo, *, final: bool) -> "str | _Lost":
        try:
            return await locate(photo, self._delivery)
        except PhotoRejectedError as error:
            return _Lost(error.code)
        except DownloadError:
            if final or steady_time() - photo.received_at > self._file_patience_s:
                return _Lost(NOT_THERE)
            raise

    async def _outcome(
        self, photo: Photo, place: "str | _Lost", *, final: bool
    ) -> Outcome | Exception:
        if isinstance(place, _Lost):
            return place.code
        try:
            return await self._ask(photo, await download(place, self._bot))
        except (DownloadError, InferenceError) as error:
            if final:
                return FAILED
            if isinstance(error, InferenceError) and not error.photo_may_be_why:
                raise
            return error

    async def _ask(self, photo: Photo, image: bytes) -> Outcome:
        try:
            return await self._annotate(photo, image)
        except InferenceError as error:
            if not error.photo_may_be_why:
                raise
        await asyncio.sleep(AGAIN_AFTER_S)
        return await self._annotate(photo, image)

    async def _annotate(self, photo: Photo, image: bytes) -> Outcome:
        try:
            return await self._inference.annotate(image)
        except PhotoRejectedError as error:
            return error.code
        except InferenceError as error:
            if error.photo_may_be_why and await self._is_to_blame(photo, error):
                return BREAKS
            raise

    async def _is_to_blame(self, photo: Photo, error: InferenceError) -> bool:
        answered = self._inference.answered
        often = self._suspicion.failed(photo.update_id, error, answered=answered)
        return often and (
            self._suspicion.others_were_answered(photo.update_id, error, answered=answered)
            or await self._inference.is_well()
        )

    @asynccontextmanager
    async def _showing_work(self, entry: Photo) -> AsyncIterator[None]:
        """The chat says that a photo is being sent, as long as the body lasts."""
        task = asyncio.create_task(self._show_work(entry))
        try:
            yield
        finally:
            task.cancel()

    async def _show_work(self, photo: Photo) -> None:
        action = SendChatAction(
            chat_id=photo.chat_id,
            action=ChatAction.UPLOAD_PHOTO,
            message_thread_id=photo.thread_id,
        )
        while True:
            await self._delivery.try_once(action)
            await asyncio.sleep(ACTION_LASTS_S)


@dataclass(frozen=True, slots=True)
class _Lost:
    """A photo without a file; `code` says why."""

    code: str


def _settled(outcomes: list[Outcome | Exception], *, give_up_files: bool) -> list[Outcome]:
    """The outcomes, or the first error among them is raised.

    A download that fails where others succeed is given up with the files that are not found.
    """
    some_came = any(not isinstance(outcome, Exception) for outcome in outcomes)
    settled: list[Outcome] = []
    for outcome in outcomes:
        if isinstance(outcome, DownloadError) and some_came and give_up_files:
            settled.append(NOT_THERE)
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            settled.append(outcome)
    return settled


def _age_s(job: Job) -> float:
    return steady_time() - job.first.received_at
