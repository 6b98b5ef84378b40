"""What an update is worth: a photo to record, words to say, or nothing. One router per kind.

Handlers decide and do not act: each returns a Photo, a Bot API method or None, and the intake
records before anything is sent.
"""

from aiogram import Router

from bot.intake.handlers import commands, hints, photos


def create_routers() -> list[Router]:
    """In the order in which they are asked."""
    return [commands.create_router(), photos.create_router(), hints.create_router()]
