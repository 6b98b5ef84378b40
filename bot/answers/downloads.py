"""A photo's bytes from Telegram."""

from io import BytesIO

import aiohttp
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import GetFile

from bot.inference.errors import PhotoRejectedError
from bot.record.jobs import Photo
from bot.telegram.delivery import Delivery

DOWNLOAD_TIMEOUT_S = 60
TOO_LARGE = "image_too_large"
NOT_THERE = "not_there"
"""Telegram does not have the file any more."""


class DownloadError(Exception):
    """The photo did not come whole, or not yet; try again."""


async def locate(photo: Photo, delivery: Delivery) -> str:
    """Where the file can be downloaded; the answer holds for an hour.

    Raises DownloadError where Telegram does not find it now, which passes at times, and
    PhotoRejectedError where a bot may not have it.
    """
    try:
        file = await delivery.call(GetFile(file_id=photo.file_id))
    except TelegramBadRequest as error:
        if "too big" in error.message:
            raise PhotoRejectedError(code=TOO_LARGE) from error
        raise DownloadError("Telegram does not find the file") from error
    return file.file_path or ""


async def download(path: str, bot: Bot) -> bytes:
    """The file's content. Raises DownloadError."""
    content = BytesIO()
    try:
        await bot.download_file(path, content, timeout=DOWNLOAD_TIMEOUT_S)
    except (aiohttp.ClientError, OSError) as error:  # OSError: time-outs, local files
        # its text holds the address, and so the token
        raise DownloadError(type(error).__name__) from None
    return content.getvalue()
