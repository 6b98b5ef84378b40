"""From a job to its answer: download, ask the service, send."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
from aiogram.enums import ChatAction
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import GetFile, TelegramMethod

from bot.answers import albums
from bot.inference.client import InferenceClient
from bot.inference.errors import PhotoRejectedError
from bot.record.jobs import Job, Photo
from bot.shared import Shared
from bot.telegram.delivery import Note

ACTION_LASTS_S = 5
DOWNLOAD_TIMEOUT_S = 60
TOO_LARGE = "image_too_large"
NOT_THERE = "not_there"
"""Telegram does not have the file any more."""
logger = logging.getLogger(__name__)


class DownloadError(Exception):
    """The photo did not come whole; try again."""


class Answering:
    """Answers one job with one message."""

    def __init__(self, shared: Shared, inference: InferenceClient) -> None:
        self._bot = shared.bot
        self._delivery = shared.delivery
        self._record = shared.record
        self._catalogs = shared.catalogs
        self._inference = inference

    async def answer(self, job: Job, *, noted: Note) -> bool:
        """False where the user said /forget meanwhile, so that there is nothing to answer.

        `noted` is called when the answer is sent. Raises InferenceError, DownloadError or
        AiogramError (ChatBusyError among them) where the job is not answered.
        """
        self._inference.check_reachable()
        with self._delivery.line(job.first.chat_id):
            return await self._answer(job, noted)

    async def _answer(self, job: Job, noted: Note) -> bool:
        async with self._showing_work(job.first):
            outcomes = [await self._look_at(photo) for photo in job.photos]
        if not await self._record.holds(job.key):
            return False
        with self._catalogs.speaking(job.first.language):
            method: TelegramMethod[Any] = albums.answer(job, outcomes)
        await self._delivery.call(method, noted=noted)
        return True

    async def _look_at(self, photo: Photo) -> albums.Outcome:
        try:
            return await self._inference.annotate(await self._download(photo))
        except PhotoRejectedError as error:
            return error.code

    async def _download(self, photo: Photo) -> bytes:
        try:
            file = await self._delivery.call(GetFile(file_id=photo.file_id))
        except TelegramBadRequest as error:
            code = TOO_LARGE if "too big" in error.message else NOT_THERE
            raise PhotoRejectedError(code=code) from error
        content = BytesIO()
        try:
            await self._bot.download_file(file.file_path or "", content, timeout=DOWNLOAD_TIMEOUT_S)
        except (aiohttp.ClientError, OSError) as error:  # OSError: time-outs, local files
            # its text holds the address, and so the token
            raise DownloadError(type(error).__name__) from None
        return content.getvalue()

    @asynccontextmanager
    async def _showing_work(self, photo: Photo) -> AsyncIterator[None]:
        """The chat says that a photo is being sent, as long as the body lasts."""
        task = asyncio.create_task(self._show_work(photo))
        try:
            yield
        finally:
            task.cancel()

    async def _show_work(self, photo: Photo) -> None:
        while True:
            try:
                await self._bot.send_chat_action(
                    photo.chat_id, ChatAction.UPLOAD_PHOTO, message_thread_id=photo.thread_id
                )
            except AiogramError as error:
                logger.debug("no chat action: %s", type(error).__name__)
            await asyncio.sleep(ACTION_LASTS_S)
